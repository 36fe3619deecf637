"""What a vendor's error means, as a `Failure`: `parse` reads it, `rules` decide.

Nothing here knows live keys: `api_client` passes the function that redacts them.
"""

from collections.abc import Callable, Mapping

import msgspec

from aircherd.providers.error_mapping.parse import (
    NEVER_AGAIN,
    ErrorReply,
    read_error,
    read_error_object,
)
from aircherd.providers.error_mapping.rules import LEADS, RULES, Rule
from aircherd.providers.health.rate_limit_headers import seconds_until_whole
from aircherd.vocabulary.failure import Failure, FailureClass

# ------------------------------------------------------------------ in


def classify_response(
    status: int, headers: Mapping[str, str], body: bytes, *, now: float
) -> Failure:
    """Say what an HTTP response that is not a success means.

    Args:
        status: the HTTP status.
        headers: looked up by lower-case names.
        body: as much of the body as came; it need not be JSON.
        now: Unix time in seconds, for dates in Retry-After.
    """
    if 300 <= status < 400:
        return _wrong_place(status, "answered with a redirect, and redirects are not followed")
    if status in (401, 403) and is_page(headers):
        # A portal or a proxy asks for its own sign-in: that says nothing about the key.
        return web_page(status)
    reply = read_error(status, headers, body, now=now)
    if not reply.is_json and status in (404, 405):
        return _wrong_place(status, "there is no such API")
    failure = _failure(reply, http_status=status)
    if failure.kind is FailureClass.RATE and failure.retry_after is None and not failure.reach:
        # Of a request that is too large for the limit, waiting makes nothing smaller.
        wait = seconds_until_whole(headers, now=now)
        return msgspec.structs.replace(failure, retry_after=wait)
    return failure


def classify_error(error: object) -> Failure:
    """Say what an error object inside a stream, or inside a 200 response, means."""
    return _failure(read_error_object(error), http_status=None)


def was_recognised(status: int, headers: Mapping[str, str], body: bytes) -> bool | None:
    """Say what a failed key check tells of the key: True good, False refused, None nothing.

    An empty account or a missing right is only told to a key that was recognised; a 403 may as
    well come from a firewall or mean the country.
    """
    reply = read_error(status, headers, body, now=0.0)
    row = _row(reply)
    kind = row.kind
    if is_page(headers):
        return None
    if kind is FailureClass.AUTH:
        return False
    if kind is FailureClass.PERMISSION and reply.is_json:
        return True if "scope" in reply.text or "permission" in reply.text else None
    is_told = kind is FailureClass.QUOTA and reply.is_json and NEVER_AGAIN not in row.codes
    return True if is_told else None


def is_page(headers: Mapping[str, str]) -> bool:
    """Say whether the answer is a page for people."""
    return "text/html" in headers.get("content-type", "").lower()


def web_page(status: int) -> Failure:
    """Return the failure for an answer that is a page for people: a wrong address, a portal."""
    return _wrong_place(status, "answered with a web page (text/html), not its API")


def _wrong_place(status: int, what: str) -> Failure:
    return Failure(
        kind=FailureClass.PROTOCOL,
        message=f"{what} (HTTP {status}): check base_url",
        status=status,
    )


# ------------------------------------------------------------------ out


def _row(reply: ErrorReply) -> Rule:
    return next(row for row in RULES if row.fits(reply))


def _failure(reply: ErrorReply, *, http_status: int | None) -> Failure:
    row = _row(reply)
    kind = row.kind
    lead = (row.lead or LEADS[kind]) + (f" (HTTP {http_status})" if http_status else "")
    # Vendors echo parts of the key when they refuse it: their words are not repeated then.
    quotes = reply.message and kind is not FailureClass.AUTH and reply.status != 401
    return Failure(
        kind=kind,
        message=f"{lead}: {reply.message}" if quotes else lead,
        status=http_status,
        retry_after=reply.retry_after,
        reach=row.reach,
    )


# ------------------------------------------------------------------ what people are shown

MAX_MESSAGE = 300
"""Characters of a message: vendors may quote whole prompts."""


def shown(failure: Failure, redact: Callable[[str], str]) -> Failure:
    """Return `failure` with a message fit for people: no key, one line, short.

    Keys go first: cut in two, one would no longer be found.
    """
    message = " ".join(redact(failure.message).split())
    if len(message) > MAX_MESSAGE:
        message = message[: MAX_MESSAGE - 1] + "…"
    return msgspec.structs.replace(failure, message=message)
