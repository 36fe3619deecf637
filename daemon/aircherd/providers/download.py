"""An answer that is wanted whole: a list of models, a public file."""

import httpx
import msgspec

from aircherd.providers.classify import classify_response, is_page, web_page
from aircherd.providers.exchange import Answer, BodyReader
from aircherd.vocabulary.failure import Failure, FailureClass

MAX_REFUSAL = 64 * 1024
"""Bytes of an error that are read: the table looks at its beginning only."""


async def read_answer(answer: Answer, max_bytes: int, *, now: float) -> bytes | Failure:
    """Return the answer's body, or what is wrong with the answer; it is closed in either case.

    Raises httpx.HTTPError, as the body does.
    """
    is_success = 200 <= answer.status < 300
    try:
        data = await _read_body(answer.body, max_bytes if is_success else MAX_REFUSAL)
    finally:
        await answer.body.aclose()
    headers = httpx.Headers(answer.headers)
    if not is_success:
        return classify_response(answer.status, headers, data or b"", now=now)
    if is_page(headers):
        return web_page(answer.status)
    if data is None:
        return Failure(kind=FailureClass.PROTOCOL, message=f"sent more than {max_bytes} bytes")
    return data


def as_missing(failure: Failure, words: str) -> Failure:
    """Return a failure in other words where nothing was found: the table's are about a chat."""
    if failure.status != 404:
        return failure
    return msgspec.structs.replace(failure, message=f"{words} (HTTP 404)")


async def _read_body(body: BodyReader, max_bytes: int) -> bytes | None:
    """Return the whole body, None if it is larger than that."""
    pieces, size = [], 0
    while data := await body.receive_some():
        pieces.append(data)
        size += len(data)
        if size > max_bytes:
            return None
    return b"".join(pieces)
