"""The daemon's errors, one tree; each knows its code on the wire and whose fault it is.

    AircherError
     ├─ UserError                   what was asked cannot be done as asked
     │   ├─ BadRequest              bad_request
     │   ├─ UnknownMethod           unknown_method
     │   ├─ UnknownModel            unknown_model
     │   ├─ ConfigInvalid           config_invalid
     │   └─ NotAuthenticated        not_authenticated: no key where one is needed
     │       ├─ KeyRejected         auth_rejected: the key was refused, or is not for this origin
     │       └─ KeyringLocked       keyring_locked: a key is stored, but cannot be read
     ├─ TooManyRequests             overloaded: this client has too much under way
     ├─ ProviderFailed              the provider's or the network's fault; carries a Failure
     ├─ ChatFailed                  the end of a chat request nobody could answer, or that broke off
     ├─ LedgerUnavailable           internal: what was spent cannot be read now
     └─ ShuttingDown                shutting_down: ours, and it passes

Every message is fit for a person, says what to do where something can be done, and holds no key.
"""

from typing import NoReturn

from aircher_wire import codes
from aircherd.vocabulary.failure import Failure, FailureClass


class AircherError(Exception):
    """Anything the daemon tells a client about; `data` is a map for programs."""

    code: str = codes.INTERNAL

    def __init__(self, message: str, **data: object) -> None:
        super().__init__(message)
        self.message = message
        self.data: dict[str, object] = data


class UserError(AircherError):
    """What was asked cannot be done as asked."""


class BadRequest(UserError):
    """A parameter is missing, unknown or wrong."""

    code = codes.BAD_REQUEST


class UnknownMethod(UserError):
    """There is no such method."""

    code = codes.UNKNOWN_METHOD


class UnknownModel(UserError):
    """Nobody knows the model, alias or provider that was named."""

    code = codes.UNKNOWN_MODEL


class ConfigInvalid(UserError):
    """The configuration does not hold; `problems` names each place."""

    code = codes.CONFIG_INVALID


class NotAuthenticated(UserError):
    """A provider needs a key and there is none."""

    code = codes.NOT_AUTHENTICATED


class KeyRejected(NotAuthenticated):
    """The key was refused by the provider, or is bound to another origin."""

    code = codes.AUTH_REJECTED


class KeyringLocked(NotAuthenticated):
    """A key is stored in a keyring that is locked, hangs or is gone."""

    code = codes.KEYRING_LOCKED


class ProviderFailed(AircherError):
    """A call failed, and how."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.code = failure.code


def fail(kind: FailureClass, message: str) -> NoReturn:
    """Raise `ProviderFailed` with this class and message."""
    raise ProviderFailed(Failure(kind=kind, message=message))


class ChatFailed(AircherError):
    """A chat request ended without a whole answer.

    `data` holds `attempts`, `skipped`, and after a broken stream `text`, `usage` and `finish`.
    """

    def __init__(self, code: str, message: str, **data: object) -> None:
        super().__init__(message, **data)
        self.code = code


class LedgerUnavailable(AircherError):
    """The ledger cannot be read now; the message says why."""


class TooManyRequests(AircherError):
    """A client asks for more at once than it may."""

    code = codes.OVERLOADED


class ShuttingDown(AircherError):
    """The daemon is going down; the next one will answer."""

    code = codes.SHUTTING_DOWN
