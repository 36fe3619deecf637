"""An answer that is wanted whole: a list of models, a public file, the words of a refusal."""

import httpx
import msgspec
import trio

from aircherd.providers.error_mapping.classify import classify_response, is_web_page, web_page
from aircherd.providers.transport.request import HttpResponse
from aircherd.vocabulary.failure import Failure, FailureClass

MAX_REFUSAL = 64 * 1024
"""Bytes of an error that are read: the table looks at its beginning only."""

REFUSAL_SECONDS = 5.0
"""How long an error's body may take: the status alone says almost everything."""


async def read_answer(answer: HttpResponse, max_bytes: int, *, now: float) -> bytes | Failure:
    """Return the answer's body, or what is wrong with the answer; it is closed in either case.

    Raises httpx.HTTPError, as the body does.
    """
    is_success = 200 <= answer.status < 300
    try:
        data = await _read_body(answer, max_bytes if is_success else MAX_REFUSAL)
    finally:
        await answer.aclose()
    headers = httpx.Headers(answer.headers)
    if not is_success:
        return classify_response(answer.status, headers, data or b"", now=now)
    if is_web_page(headers):
        return web_page(answer.status)
    if data is None:
        return Failure(kind=FailureClass.PROTOCOL, message=f"sent more than {max_bytes} bytes")
    return data


async def read_refusal(response: HttpResponse) -> bytes:
    """Return what can be had of an error's body, within bounds of size and time; it stays open."""
    data = b""
    with trio.move_on_after(REFUSAL_SECONDS):
        try:
            while len(data) < MAX_REFUSAL and (more := await response.receive_some()):
                data += more
        except (httpx.HTTPError, httpx.StreamError):
            return data  # the status stands, whatever became of the words
    return data


def as_missing(failure: Failure, words: str) -> Failure:
    """Return a failure in other words where nothing was found: the table's are about a chat."""
    if failure.status != 404:
        return failure
    return msgspec.structs.replace(failure, message=f"{words} (HTTP 404)")


async def _read_body(response: HttpResponse, max_bytes: int) -> bytes | None:
    """Return the whole body, None if it is larger than that."""
    pieces, size = [], 0
    while data := await response.receive_some():
        pieces.append(data)
        size += len(data)
        if size > max_bytes:
            return None
    return b"".join(pieces)
