"""The error of a chat request that ended without a complete answer: pure."""

import re
from collections.abc import Mapping, Sequence

import msgspec

from aircher_wire import codes
from aircherd.auth.status import rejection_hint
from aircherd.chat.replies.reply import Reply
from aircherd.errors import ChatFailed
from aircherd.vocabulary.attempt import Attempt, Skipped
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.keys import KeyState

# After the first output these only mean that the rest did not arrive.
_TRUNCATING = {FailureClass.NETWORK, FailureClass.TIMEOUT, FailureClass.TRUNCATED}

# Messages with these codes name their subject: the key's provider, or what is limited.
_NAMES_SUBJECT = codes.ABOUT_AUTHENTICATION | {codes.LIMIT_REACHED}

# The states of a key, in `sign_in`, that may work.
_SIGNED_IN = {KeyState.AUTHENTICATED.value, KeyState.UNVERIFIED.value}
_BROKEN = {KeyState.LOCKED.value, KeyState.UNREADABLE.value, KeyState.REJECTED.value}

# If all reasons have one of these codes, sending the request again does not help.
_FINAL = {codes.BAD_REQUEST, codes.CONFIG_INVALID}


def all_failed(
    attempts: Sequence[Attempt], skipped: Sequence[Skipped], *, until: float | None = None
) -> ChatFailed:
    """Return the error when every candidate failed or was skipped.

    `until` is the Unix time at which the first of them is back, if known.
    """
    data = _error_data(attempts, skipped, until)
    # Provider messages, in attempts and in cooldowns, do not name the provider.
    reasons = [(a.outcome, f"{a.provider}: {_with_hint(a)}") for a in attempts]
    reasons += [(s.reason, _skip_message(s)) for s in skipped]
    if len(reasons) == 1:
        code, message = reasons[0]
        return ChatFailed(code, message, **data)
    if all(code == codes.NOT_AUTHENTICATED for code, _ in reasons):
        return ChatFailed(codes.NOT_AUTHENTICATED, _not_signed_in_message(skipped), **data)
    messages = dict.fromkeys(message for _, message in reasons)
    found = {code for code, _ in reasons}
    code = found.pop() if len(found) == 1 and found <= _FINAL else codes.ALL_FAILED
    return ChatFailed(code, "no provider could answer. " + "; ".join(messages), **data)


def request_rejected(
    failure: Failure, attempts: Sequence[Attempt], skipped: Sequence[Skipped]
) -> ChatFailed:
    """Return the error when the request itself is at fault, so no other candidate was tried."""
    message = f"{attempts[-1].provider}: {failure.message}"
    return ChatFailed(failure.code, message, **_error_data(attempts, skipped))


def interrupted(
    failure: Failure, reply: Reply, attempts: Sequence[Attempt], skipped: Sequence[Skipped]
) -> ChatFailed:
    """Return the error after the first output; it contains what was received so far.

    That is the text, and the message if there is more in it, such as a picture.
    """
    last = attempts[-1]
    truncated = failure.kind in _TRUNCATING
    partial = reply.partial_message(f"{last.provider}/{last.model}")
    error = ChatFailed(
        codes.TRUNCATED if truncated else failure.code,
        f"{last.provider} broke off in mid-reply: {failure.message}",
        **_error_data(attempts, skipped),
        provider=last.provider,
        model=last.model,
        text=reply.text(),
        finish="truncated" if truncated else "error",
        usage=msgspec.to_builtins(reply.usage),
    )
    if partial:
        error.data["message"] = partial
    return error


def timed_out(
    seconds: float, reply: Reply, attempts: Sequence[Attempt], skipped: Sequence[Skipped]
) -> ChatFailed:
    """Return the error when the deadline of the whole request passed."""
    message = f"no complete answer within {seconds:g} s"
    if reply.is_final:
        failure = Failure(kind=FailureClass.TIMEOUT, message=message)
        return interrupted(failure, reply, attempts, skipped)
    return ChatFailed(codes.TIMEOUT, message, **_error_data(attempts, skipped))


def providers_without_key(data: Mapping[str, object]) -> list[str]:
    """Return the providers that failed or were skipped because of their keys, in this order.

    `data` is that of an error, or a plan; it has `skipped`, and an error has `attempts`.
    """
    reasons: list[tuple[str, str]] = []
    for entries, field in (("attempts", "outcome"), ("skipped", "reason")):
        found = data.get(entries)
        if isinstance(found, list):
            reasons += [(each["provider"], each[field]) for each in found]
    return list(dict.fromkeys(name for name, why in reasons if why in codes.ABOUT_AUTHENTICATION))


def _error_data(
    attempts: Sequence[Attempt], skipped: Sequence[Skipped], until: float | None = None
) -> dict[str, object]:
    data: dict[str, object] = {
        "attempts": msgspec.to_builtins(attempts),
        "skipped": msgspec.to_builtins(skipped),
    }
    if returns := [at for at in (until, *(s.until for s in skipped)) if at is not None]:
        data["until"] = min(returns)
    return data


def _skip_message(skip: Skipped) -> str:
    """Return the message of a skip, prefixed with the provider unless it names it."""
    names = (f"{skip.provider} ", f"{skip.provider}/{skip.model} ")
    words = re.split(r"[^\w-]+", skip.message)
    has_subject = skip.reason in _NAMES_SUBJECT and skip.provider in words
    if has_subject or skip.message.startswith(names):
        return skip.message
    return f"{skip.provider}: {skip.message}"


def _with_hint(attempt: Attempt) -> str:
    message = attempt.message or ""
    if attempt.outcome != codes.AUTH_REJECTED:
        return message
    return f"{message}; {rejection_hint(attempt.provider, attempt.key)}"


def message_without_default(error: ChatFailed) -> str:
    """Return what to say of a request without a model where none is configured.

    A provider of the user's own has no default model, so it was not asked, although its key works.
    `error` has its `sign_in`, which has all providers.
    """
    data = error.data.get("sign_in")
    rows = data["providers"] if isinstance(data, dict) else []
    ready = [row for row in rows if row["state"] in _SIGNED_IN and not row.get("needed")]
    if error.code != codes.NOT_AUTHENTICATED:
        return error.message
    if not ready:
        return _broken_message(rows) or error.message
    names = ", ".join(row["provider"] for row in ready)
    model = ready[0].get("model") or f"{ready[0]['provider']}/MODEL"
    return (
        f"you are signed in to {names}, but there is no default model: choose one with "
        f"'aircher-cli models use {model}', or name a model in the request"
    )


def _broken_message(rows: Sequence[dict[str, str]]) -> str:
    """Return what is wrong with the key that is needed first, empty if there is none."""
    first = next((row for row in rows if row.get("needed")), None)
    if first is None or first["state"] not in _BROKEN:
        return ""
    parts = [first.get("reason", "").rstrip("."), first.get("hint", "")]
    why = "; ".join(filter(None, parts)) or first["state"]
    return f"no provider can be asked: the key of {first['provider']} cannot be used: {why}"


def _not_signed_in_message(skipped: Sequence[Skipped]) -> str:
    names = list(dict.fromkeys(s.provider for s in skipped))
    hint = f"sign in with 'aircher-cli auth login {names[0]}'"
    others = f", or to {' or '.join(names[1:])}" if names[1:] else ""
    return f"no provider is signed in ({', '.join(names)}): {hint}{others}"
