"""The daemon's errors, in one tree; each has its code on the wire.

    AircherError
     ├─ UserError                   the request is wrong, or needs something from the user
     │   ├─ BadRequest              bad_request
     │   │   └─ NotServed           bad_request: of the providers to ask none has the model
     │   ├─ UnknownMethod           unknown_method
     │   ├─ UnknownModel            unknown_model
     │   ├─ ConfigInvalid           config_invalid
     │   ├─ NotAuthenticated        not_authenticated: a key is needed and there is none
     │   │   ├─ KeyRejected         auth_rejected: the key was rejected, or is for another origin
     │   │   └─ KeyringLocked       keyring_locked: a key is stored but unreadable
     │   └─ Forbidden               forbidden: this client may not do it, or the user said no
     ├─ Busy                        busy: this client asks for more than its share; temporary
     ├─ ProviderFailed              the provider or the network failed; carries a Failure
     ├─ ChatFailed                  no provider could answer the request, or the stream broke
     ├─ LedgerUnavailable           internal: the ledger cannot be read now
     └─ ShuttingDown                shutting_down: temporary

Every message is for people, says what to do if something can be done, and contains no key.
"""

from typing import NoReturn, Self

from aircher_wire import codes
from aircherd.vocabulary.failure import Failure, FailureClass


class AircherError(Exception):
    """An error that is reported to a client; `data` is a map for programs."""

    code: str = codes.INTERNAL

    def __init__(self, message: str, **data: object) -> None:
        super().__init__(message)
        self.message = message
        self.data: dict[str, object] = data

    def without_frames(self) -> Self:
        """Return the error to be kept: its traceback would keep the prompt and the reply alive."""
        self.__context__ = self.__cause__ = None
        return self.with_traceback(None)


class UserError(AircherError):
    """The request is wrong, or needs something from the user."""


class BadRequest(UserError):
    """A parameter is missing, unknown or invalid."""

    code = codes.BAD_REQUEST


class NotServed(BadRequest):
    """The request restricts the providers to some that do not serve its model."""


class UnknownMethod(UserError):
    """The method does not exist."""

    code = codes.UNKNOWN_METHOD


class UnknownModel(UserError):
    """The named model, alias or provider is unknown."""

    code = codes.UNKNOWN_MODEL


class ConfigInvalid(UserError):
    """The configuration is invalid; `data` has `problems`, each with its line."""

    code = codes.CONFIG_INVALID


class NotAuthenticated(UserError):
    """A provider needs a key and there is none."""

    code = codes.NOT_AUTHENTICATED


class KeyRejected(NotAuthenticated):
    """The key was rejected by the provider, or is bound to another origin."""

    code = codes.AUTH_REJECTED


class KeyringLocked(NotAuthenticated):
    """A key is stored in a keyring that is locked, hangs or is missing."""

    code = codes.KEYRING_LOCKED


class ProviderFailed(AircherError):
    """A call to a provider failed; `failure` has the details."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.code = failure.code


def fail(kind: FailureClass, message: str) -> NoReturn:
    """Raise `ProviderFailed` with this class and message."""
    raise ProviderFailed(Failure(kind=kind, message=message))


class ChatFailed(AircherError):
    """A chat request ended without a complete answer.

    `data` has `attempts`, `skipped`, and after a broken stream `text`, `usage` and `finish`.
    """

    def __init__(self, code: str, message: str, **data: object) -> None:
        super().__init__(message, **data)
        self.code = code


class LedgerUnavailable(AircherError):
    """The ledger cannot be read now; the message says why."""


class Forbidden(UserError):
    """The configuration or the user does not let this client do it."""

    code = codes.FORBIDDEN


class Busy(AircherError):
    """The client asks for more of the daemon than its share; it may ask again later."""

    code = codes.BUSY


class ShuttingDown(AircherError):
    """The daemon is stopping; a new one can answer."""

    code = codes.SHUTTING_DOWN
