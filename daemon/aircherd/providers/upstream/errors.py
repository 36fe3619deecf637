"""What an error of another daemon means here: pure.

That daemon has tried its own keys and candidates already, so its failures are about the model that
was asked for, never about a key here; what its user has to do has to be done there.
"""

from collections.abc import Iterator, Mapping

from aircher_wire import codes
from aircherd.vocabulary.failure import Failure, FailureClass, Reach

_C = FailureClass

_CLASSES: dict[str, tuple[FailureClass, Reach | None]] = {
    codes.NOT_AUTHENTICATED: (_C.PERMISSION, "request"),
    codes.AUTH_REJECTED: (_C.PERMISSION, "request"),
    codes.KEYRING_LOCKED: (_C.PERMISSION, "request"),
    codes.FORBIDDEN: (_C.PERMISSION, "request"),
    codes.RATE_LIMITED: (_C.RATE, "model"),
    codes.LIMIT_REACHED: (_C.RATE, "model"),
    codes.QUOTA_EXHAUSTED: (_C.QUOTA, "model"),
    codes.PRICE_UNKNOWN: (_C.UNSUPPORTED, "request"),
    codes.TOO_EXPENSIVE: (_C.UNSUPPORTED, "request"),
    codes.CONTEXT_TOO_LONG: (_C.CONTEXT, None),
    codes.CONTENT_POLICY: (_C.POLICY, None),
    codes.UNKNOWN_MODEL: (_C.MODEL, None),
    codes.OVERLOADED: (_C.OVERLOADED, None),
    codes.BUSY: (_C.OVERLOADED, None),
    # Its own network and time-outs are about its provider: it is reached itself.
    codes.NETWORK: (_C.SERVER, "model"),
    codes.TIMEOUT: (_C.SERVER, "model"),
    codes.PROVIDER_ERROR: (_C.SERVER, "model"),
    codes.INTERNAL: (_C.SERVER, "model"),
    codes.CONFIG_INVALID: (_C.SERVER, "model"),
    codes.TRUNCATED: (_C.TRUNCATED, None),
    codes.EMPTY_REPLY: (_C.EMPTY, None),
    # The request was checked here: what is wrong with it may be so for that daemon only.
    codes.BAD_REQUEST: (_C.REFUSED, "request"),
    codes.UNKNOWN_METHOD: (_C.PROTOCOL, None),
    codes.SHUTTING_DOWN: (_C.NETWORK, None),
    codes.CANCELLED: (_C.NETWORK, None),
}

_HINTS = {
    codes.NOT_AUTHENTICATED: "has no key for it, which has to be stored where that daemon runs",
    codes.AUTH_REJECTED: "has no valid key for it, which has to be stored where that daemon runs",
    codes.KEYRING_LOCKED: "has locked its keys, which have to be unlocked where that daemon runs",
}
"""What comes before the daemon's own words, whose end may be cut off."""

MAX_RETRY_SECONDS = 366 * 24 * 3600.0
"""What it says of a time beyond that is not believed."""


def failure_of(error: object, path: str, now: float) -> Failure:
    """Return the failure that the error of a response means.

    Args:
        error: `{code, message, data}`, if the daemon keeps to the protocol.
        path: of the socket, for messages.
        now: the Unix time.
    """
    found = error if isinstance(error, Mapping) else {}
    code, message = found.get("code"), found.get("message")
    if not isinstance(code, str) or not isinstance(message, str):
        text = f"the daemon at {path} sent an error that is none of the protocol's"
        return Failure(kind=FailureClass.PROTOCOL, message=text)
    more = found.get("data")
    data: Mapping[str, object] = more if isinstance(more, Mapping) else {}
    if code == codes.ALL_FAILED and _is_about_keys(data):
        code = codes.AUTH_REJECTED
    retry_after = _seconds(data.get("until"), now)
    kind, reach = _class_of(code, retry_after)
    hint = f"{_HINTS[code]}; it " if code in _HINTS else ""
    text = f"the daemon at {path} {hint}says: {message}"
    return Failure(kind=kind, message=text, retry_after=retry_after, reach=reach)


def _is_about_keys(data: Mapping[str, object]) -> bool:
    """Return whether all that was tried there failed because of its keys."""
    reasons = [*_texts(data.get("attempts"), "outcome"), *_texts(data.get("skipped"), "reason")]
    return bool(reasons) and codes.ABOUT_AUTHENTICATION.issuperset(reasons)


def _texts(rows: object, field: str) -> Iterator[str]:
    for row in rows if isinstance(rows, list) else ():
        value = row.get(field) if isinstance(row, Mapping) else None
        yield value if isinstance(value, str) else ""


def _class_of(code: str, retry_after: float | None) -> tuple[FailureClass, Reach | None]:
    if code == codes.ALL_FAILED:
        # Something of it comes back in time, or each of its candidates failed in its own way.
        return (_C.RATE if retry_after is not None else _C.SERVER), "model"
    return _CLASSES.get(code, (_C.SERVER, "model"))


def _seconds(until: object, now: float) -> float | None:
    if isinstance(until, bool) or not isinstance(until, int | float):
        return None
    seconds = until - now
    return max(0.0, seconds) if seconds < MAX_RETRY_SECONDS else None
