"""What a client is told when a chat request ends without a whole answer: pure."""

import re
from collections.abc import Sequence

import msgspec

from aircher_wire import codes
from aircherd.auth.status import rejection_hint
from aircherd.chat.reply import Reply
from aircherd.errors import ChatFailed
from aircherd.vocabulary.attempt import Attempt, Skipped
from aircherd.vocabulary.failure import Failure, FailureClass

# After the first output these say only that the rest never came.
_BROKE_OFF = {FailureClass.NETWORK, FailureClass.TIMEOUT, FailureClass.TRUNCATED}


# These say in a way of their own whom they are about: a key's provider, or what is limited.
_HAS_SUBJECT = codes.ABOUT_AUTHENTICATION | {codes.LIMIT_REACHED}


def none_answered(
    attempts: Sequence[Attempt], skipped: Sequence[Skipped], *, until: float | None = None
) -> ChatFailed:
    """The error when every candidate failed or was passed over.

    `until` is the Unix time when the first of them is back, as far as that is known.
    """
    way = _way(attempts, skipped, until)
    # What a provider said, in an attempt or what is kept of one, does not name it.
    reasons = [(a.outcome, f"{a.provider}: {_with_cure(a)}") for a in attempts]
    reasons += [(s.reason, _named(s)) for s in skipped]
    if len(reasons) == 1:
        code, message = reasons[0]
        return ChatFailed(code, message, **way)
    if all(code == codes.NOT_AUTHENTICATED for code, _ in reasons):
        return ChatFailed(codes.NOT_AUTHENTICATED, _nobody_signed_in(skipped), **way)
    told = dict.fromkeys(message for _, message in reasons)
    # Where everybody says that it is the request, to send it again would not help.
    at_fault = {code for code, _ in reasons}
    code = codes.BAD_REQUEST if at_fault == {codes.BAD_REQUEST} else codes.ALL_FAILED
    return ChatFailed(code, "nobody could answer. " + "; ".join(told), **way)


def request_refused(
    failure: Failure, attempts: Sequence[Attempt], skipped: Sequence[Skipped]
) -> ChatFailed:
    """The error when the request itself is at fault and no other candidate would take it."""
    return ChatFailed(
        failure.code, f"{attempts[-1].provider}: {failure.message}", **_way(attempts, skipped)
    )


def broke_off(
    failure: Failure, reply: Reply, attempts: Sequence[Attempt], skipped: Sequence[Skipped]
) -> ChatFailed:
    """The error after the first output: what there is of the reply goes with it."""
    last = attempts[-1]
    truncated = failure.kind in _BROKE_OFF
    return ChatFailed(
        codes.TRUNCATED if truncated else failure.code,
        f"{last.provider} broke off in mid-reply: {failure.message}",
        **_way(attempts, skipped),
        provider=last.provider,
        model=last.model,
        text=reply.text(),
        finish="truncated" if truncated else "error",
        usage=msgspec.to_builtins(reply.usage),
    )


def out_of_time(
    seconds: float, reply: Reply, attempts: Sequence[Attempt], skipped: Sequence[Skipped]
) -> ChatFailed:
    """The error when the deadline of the whole request passed."""
    message = f"no whole answer within {seconds:g} s"
    if reply.has_output:
        return broke_off(
            Failure(kind=FailureClass.TIMEOUT, message=message), reply, attempts, skipped
        )
    return ChatFailed(codes.TIMEOUT, message, **_way(attempts, skipped))


def _way(
    attempts: Sequence[Attempt], skipped: Sequence[Skipped], until: float | None = None
) -> dict[str, object]:
    data: dict[str, object] = {
        "attempts": msgspec.to_builtins(attempts),
        "skipped": msgspec.to_builtins(skipped),
    }
    if returns := [at for at in (until, *(s.until for s in skipped)) if at is not None]:
        data["until"] = min(returns)
    return data


def _named(skip: Skipped) -> str:
    """Return what there is to say of it, with whom it is about."""
    names = (f"{skip.provider} ", f"{skip.provider}/{skip.model} ")
    words = re.split(r"[^\w-]+", skip.message)
    has_subject = skip.reason in _HAS_SUBJECT and skip.provider in words
    if has_subject or skip.message.startswith(names):
        return skip.message
    return f"{skip.provider}: {skip.message}"


def _with_cure(attempt: Attempt) -> str:
    message = attempt.message or ""
    if attempt.outcome != codes.AUTH_REJECTED:
        return message
    return f"{message}; {rejection_hint(attempt.provider, attempt.key)}"


def _nobody_signed_in(skipped: Sequence[Skipped]) -> str:
    names = ", ".join(dict.fromkeys(s.provider for s in skipped))
    return f"no provider is signed in ({names}): sign in with 'aircher-cli auth login PROVIDER'"
