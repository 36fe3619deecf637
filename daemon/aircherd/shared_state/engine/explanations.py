"""The words for what goes wrong with an engine: what happened, and what to do. Pure."""

import errno
import socket
import ssl
from collections.abc import Iterator
from typing import NamedTuple

from coredis import exceptions as answers
from coredis.exceptions import RedisError

from aircherd.config.model import EngineAddress
from aircherd.shared_state.base import (
    EngineAway,
    EngineRefused,
    PasswordRefused,
    SharedStateError,
)
from aircherd.shared_state.engine.encoding import MAX_SAID, printable

STORE_IT = "store it with `aircher-cli auth login shared`"
DOCUMENTED = "docs/fleet.md has the line for its access control list"


class _Words(NamedTuple):
    """What to say of an answer; `is_final`: trying again does not help."""

    text: str
    is_final: bool = False
    is_about_password: bool = False

    @property
    def kind(self) -> type[SharedStateError]:
        """The class of the error that says so."""
        if self.is_about_password:
            return PasswordRefused
        return EngineRefused if self.is_final else EngineAway


_ANSWERS = {
    "OOM": _Words("is full and takes no reports: raise its maxmemory, with the policy noeviction"),
    "READONLY": _Words(
        "can only be read: it is a replica. Write the address of the primary in url of [shared]"
    ),
    "LOADING": _Words("has been started and is loading its data"),
    "MISCONF": _Words("cannot save its data, so it takes no reports: see its log"),
    "NOREPLICAS": _Words("has lost its replicas, so it takes no reports: see its log"),
    "MASTERDOWN": _Words("is a replica that has lost its primary"),
    "BUSY": _Words("is busy with a script that does not end"),
    "CLUSTERDOWN": _Words("is part of a cluster that is down"),
    "TRYAGAIN": _Words("is part of a cluster that is being changed"),
    "MAXCLIENTS": _Words("has as many clients as its maxclients allows"),
    "MOVED": _Words(
        "is part of a cluster in which another node has this namespace: write the address of that "
        "node in url of [shared]",
        is_final=True,
    ),
    "WRONGPASS": _Words(
        f"does not accept the user or the password: {STORE_IT}; the user is in url of [shared]",
        is_final=True,
        is_about_password=True,
    ),
    "NOAUTH": _Words(f"needs a password: {STORE_IT}", True, True),
    "NOPERM": _Words(f"does not let this user do what is needed: {DOCUMENTED}", True),
    "WRONGTYPE": _Words(
        "has other data under the names that aircher uses: choose another namespace in [shared]",
        is_final=True,
    ),
    "UNKNOWN": _Words("lacks a command that is needed: use Valkey, or Redis 6.2 or newer", True),
}

_CODES: dict[type[RedisError], str] = {
    answers.ReadOnlyError: "READONLY",
    answers.BusyLoadingError: "LOADING",
    answers.ClusterDownError: "CLUSTERDOWN",
    answers.TryAgainError: "TRYAGAIN",
    answers.MovedError: "MOVED",
    answers.AuthenticationFailureError: "WRONGPASS",
    answers.AuthenticationRequiredError: "NOAUTH",
    answers.AuthorizationError: "NOPERM",
    answers.WrongTypeError: "WRONGTYPE",
    answers.UnknownCommandError: "UNKNOWN",
    answers.ProtocolError: "UNKNOWN",
}

_PHRASES = {
    "can't run this command": "NOPERM",  # a script's command, forbidden by the access control list
    "no permissions": "NOPERM",
    "unknown redis command": "UNKNOWN",  # in a script
    "unknown command": "UNKNOWN",
    "max number of clients": "MAXCLIENTS",
}
"""Words of engines whose answers have no code of their own."""


def explain(
    error: BaseException, address: EngineAddress, *, is_opening: bool = False
) -> SharedStateError:
    """Return an error of coredis, or of the system below it, as one for people.

    `is_opening`: the connection has not been used yet, so its kind may be wrong.
    """
    text = _answer(error) or _failure(error, address, is_opening=is_opening)
    return text.kind(f"the engine at {address.origin} {text.text}")


def foreign(address: EngineAddress) -> EngineRefused:
    """Return what to say of data that aircher has not written."""
    return EngineRefused(f"the engine at {address.origin} {_ANSWERS['WRONGTYPE'].text}")


def silent(address: EngineAddress, seconds: float) -> EngineAway:
    """Return what to say of an engine that takes connections and does not answer."""
    return EngineAway(
        f"the engine at {address.origin} did not answer within {round(seconds, 2):g} s"
    )


def connecting(address: EngineAddress, seconds: float) -> EngineAway:
    """Return what to say while the first connection is being made."""
    return EngineAway(
        f"the engine at {address.origin} is not connected yet, after {round(seconds, 2):g} s"
    )


def needs_password(address: EngineAddress) -> PasswordRefused:
    """Return what to say where there is no password: the answer may be that it is wrong."""
    return PasswordRefused(f"the engine at {address.origin} {_ANSWERS['NOAUTH'].text}")


def without_password(address: EngineAddress, reason: str) -> EngineRefused:
    """Return what to say where the password cannot be read, or was refused before."""
    if f"the engine at {address.origin} " in reason:
        return EngineRefused(reason[reason.index("the engine at ") :])
    return EngineRefused(f"no password for the engine at {address.origin}: {reason}")


def not_connected(address: EngineAddress, seconds: float) -> EngineAway:
    """Return what to say of an engine to which no connection could be made in time."""
    hint = " If it has no TLS, write redis:// in url of [shared]." if address.is_encrypted else ""
    return EngineAway(
        f"the engine at {address.origin} could not be reached within {round(seconds, 2):g} s.{hint}"
    )


def _answer(error: BaseException) -> _Words | None:
    """Return what to say if the engine has answered, else None."""
    if not isinstance(error, RedisError):
        return None
    code = _CODES.get(type(error)) or _code_in(str(error))
    if code is None:
        is_answer = isinstance(error, answers.ResponseError)
        said = printable(str(error), MAX_SAID)
        return _Words(f"has answered: {said}", is_final=True) if is_answer else None
    words = _ANSWERS[code]
    if code in ("NOPERM", "UNKNOWN"):
        said = printable(str(error), MAX_SAID)
        return _Words(f"{words.text} (it has answered: {said})", words.is_final)
    return words


def _code_in(text: str) -> str | None:
    # "OOM ...", or of a script of older engines: "ERR Error running script ...: -OOM ..."
    for code in _ANSWERS:
        if text.startswith(f"{code} ") or f"-{code} " in text:
            return code
    return next((_PHRASES[phrase] for phrase in _PHRASES if phrase in text.lower()), None)


def _failure(error: BaseException, address: EngineAddress, *, is_opening: bool) -> _Words:
    """Return what to say if there is no connection, or something else has answered."""
    causes = list(_causes(error))
    for cause in causes:
        if words := _cause(cause, address):
            return words
    if not is_opening and any(isinstance(each, _NO_ANSWER) for each in causes):
        return _Words("has sent what is no answer of Valkey or Redis")
    if any(isinstance(each, _NO_ANSWER) for each in causes):
        return _Words(
            "is no Valkey or Redis: something else has answered. Correct url of [shared]", True
        )
    hint = _ENDED_BY_TLS if address.is_encrypted else _ENDED_WITHOUT_TLS
    return _Words(f"has ended the connection{hint if is_opening else ''}")


_NO_ANSWER = (answers.InvalidResponse, ValueError, LookupError, TypeError)
"""What coredis's parser raises."""

_ENDED_WITHOUT_TLS = ". If it has TLS, write rediss:// in url of [shared]"
_ENDED_BY_TLS = (
    ". If it asks for a certificate of this machine, write cert_file and cert_key_file in [shared]"
)


def _cause(cause: BaseException, address: EngineAddress) -> _Words | None:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _Words(
            f"has a certificate that is not accepted: {cause.verify_message}. If an authority of "
            "your own has issued it, write its file as ca_file in [shared]",
            is_final=True,
        )
    if isinstance(cause, ssl.SSLError):
        return _tls_failure(cause)
    if isinstance(cause, socket.gaierror):
        return _Words(f"has no address: {address.host} cannot be resolved ({cause.strerror})")
    if isinstance(cause, OSError) and cause.errno in _SYSTEM:
        return _SYSTEM[cause.errno]
    return None


_SYSTEM = {
    errno.ECONNREFUSED: _Words("refuses connections: nothing listens there"),
    errno.ENOENT: _Words("is not there: there is no such socket"),
    errno.EACCES: _Words("may not be used: its socket has other permissions", is_final=True),
    errno.EHOSTUNREACH: _Words("cannot be reached: there is no way to its host"),
    errno.ENETUNREACH: _Words("cannot be reached: there is no network"),
    errno.ETIMEDOUT: _Words("cannot be reached: its host does not answer"),
}


def _tls_failure(error: ssl.SSLError) -> _Words:
    reason = error.reason or ""
    if "CERTIFICATE_REQUIRED" in reason or "HANDSHAKE_FAILURE" in reason:
        return _Words(
            "asks for a certificate of this machine: write cert_file and cert_key_file in [shared]",
            is_final=True,
        )
    if reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"):
        return _Words("has no TLS: write redis:// in url of [shared]", is_final=True)
    return _Words(f"has ended the TLS handshake: {reason or error}")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what has caused it, the innermost first."""
    below = list(error.exceptions) if isinstance(error, BaseExceptionGroup) else []
    if error.__cause__ is not None:
        below.append(error.__cause__)
    for each in below:
        yield from _causes(each)
    yield error
