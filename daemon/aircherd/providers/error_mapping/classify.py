"""What a vendor's error means, as a `Failure`: `parse` reads it, `rules` decide.

Nothing here knows live keys: `api_client` passes the function that redacts them.
"""

from collections.abc import Callable, Mapping

import msgspec

from aircherd.providers.error_mapping.delays.believed_delay import with_believed_delay
from aircherd.providers.error_mapping.parse import (
    ErrorReply,
    read_error,
    read_error_object,
)
from aircherd.providers.error_mapping.refused_key import shown_message
from aircherd.providers.error_mapping.rules import CHECK_ADDRESS, MESSAGE_STARTS, matching_rule
from aircherd.vocabulary.failure import Failure, FailureClass

# ------------------------------------------------------------------ classifying


def classify_response(
    status: int, headers: Mapping[str, str], body: bytes, *, now: float, model: str = ""
) -> Failure:
    """Return the failure that an unsuccessful HTTP response means.

    Args:
        status: the HTTP status.
        headers: looked up by lower-case names.
        body: as much of the body as was received; it need not be JSON.
        now: Unix time in seconds, for dates in Retry-After.
        model: the id of the model that was requested, "" for other calls.
    """
    if 300 <= status < 400:
        return _wrong_address(status, "answered with a redirect, and redirects are not followed")
    if status in (401, 403) and is_web_page(headers):
        # A portal or proxy asks for its own sign-in: that says nothing about the key.
        return web_page(status)
    reply = read_error(status, headers, body, now=now)
    return with_believed_delay(_failure(reply, http_status=status, model=model), headers, now)


def classify_error(error: object) -> Failure:
    """Return the failure that an error object in a stream or a 200 response means."""
    return with_believed_delay(_failure(read_error_object(error), http_status=None), {}, 0.0)


def is_web_page(headers: Mapping[str, str]) -> bool:
    """Return whether the response is a web page."""
    return "text/html" in headers.get("content-type", "").lower()


def web_page(status: int) -> Failure:
    """Return the failure for a web page in place of a reply: a wrong address, or a portal."""
    return _wrong_address(status, "answered with a web page (text/html), not its API")


def _wrong_address(status: int, what: str) -> Failure:
    return Failure(
        kind=FailureClass.PROTOCOL,
        message=f"{what} (HTTP {status}): {CHECK_ADDRESS}",
        status=status,
    )


# ------------------------------------------------------------------ failures


def _failure(reply: ErrorReply, *, http_status: int | None, model: str = "") -> Failure:
    rule = matching_rule(reply, model=model, is_response=http_status is not None)
    kind = rule.kind
    parts = [(rule.message_start or MESSAGE_STARTS[kind])]
    if http_status:
        parts[0] += f" (HTTP {http_status})"
    if rule.advice:
        parts.append(rule.advice)
    is_about_key = kind is FailureClass.AUTH or reply.status == 401
    parts.append(shown_message(reply.message, reply.text) if is_about_key else reply.message)
    return Failure(
        kind=kind,
        message=": ".join(filter(None, parts)),
        status=http_status,
        retry_after=reply.retry_after,
        reach=rule.reach,
    )


# ------------------------------------------------------------------ messages for users

MAX_MESSAGE = 300
"""Characters of a message; vendors may quote whole prompts."""


def presentable(failure: Failure, redact: Callable[[str], str]) -> Failure:
    """Return `failure` with a message for users: without keys, on one line, short.

    Keys are redacted first: a key that was cut in two would not be found.
    """
    message = " ".join(redact(failure.message).split())
    if len(message) > MAX_MESSAGE:
        message = message[: MAX_MESSAGE - 1] + "…"
    return msgspec.structs.replace(failure, message=message)
