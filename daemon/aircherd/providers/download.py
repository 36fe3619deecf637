"""Reads whole response bodies: a list of models, a public file, the text of a refusal."""

import httpx
import msgspec
import trio

from aircherd.providers.error_mapping.classify import classify_response, is_web_page, web_page
from aircherd.providers.error_mapping.pattern import are_compiled, compile_all
from aircherd.providers.transport.compression.codings import coding_of, decompress_start
from aircherd.providers.transport.request import HttpResponse
from aircherd.vocabulary.failure import Failure, FailureClass

MAX_REFUSAL = 64 * 1024
"""Bytes of an error that are read: only its beginning is classified."""

REFUSAL_SECONDS = 5.0
"""How long an error's body may take: the status alone is almost enough."""


async def read_answer(response: HttpResponse, max_bytes: int, *, now: float) -> bytes | Failure:
    """Return the body of a response, or what is wrong with it; it is closed in either case.

    Raises httpx.HTTPError if the connection fails.
    """
    is_success = 200 <= response.status < 300
    try:
        data = await _read_body(response, max_bytes if is_success else MAX_REFUSAL)
    finally:
        await response.aclose()
    headers = httpx.Headers(response.headers)
    if not is_success:
        await _prepare()
        return classify_response(response.status, headers, data or b"", now=now)
    if is_web_page(headers):
        return web_page(response.status)
    if data is None:
        return Failure(kind=FailureClass.PROTOCOL, message=f"sent more than {max_bytes} bytes")
    return data


async def read_refusal(response: HttpResponse) -> bytes:
    """Read an error's body within bounds of size and time; the response stays open."""
    data = b""
    with trio.move_on_after(REFUSAL_SECONDS):
        try:
            while len(data) < MAX_REFUSAL and (more := await response.receive_some()):
                data += more
        except (httpx.HTTPError, httpx.StreamError):
            pass  # the status is known, with or without a text
    await _prepare()
    return _unzipped(data, MAX_REFUSAL)


async def _prepare() -> None:
    """Let the first error that is met be classified without holding up others."""
    if not are_compiled():
        await trio.to_thread.run_sync(compile_all)


def as_missing(failure: Failure, message: str) -> Failure:
    """Return a 404 failure with `message`: the classifier's own is about chats."""
    if failure.status != 404:
        return failure
    return msgspec.structs.replace(failure, message=f"{message} (HTTP 404)")


async def _read_body(response: HttpResponse, max_bytes: int) -> bytes | None:
    """Return the whole body, None if it is larger than `max_bytes`."""
    pieces, size = [], 0
    while data := await response.receive_some():
        pieces.append(data)
        size += len(data)
        if size > max_bytes:
            return None
    data = _unzipped(b"".join(pieces), max_bytes + 1)
    return data if len(data) <= max_bytes else None


def _unzipped(data: bytes, limit: int) -> bytes:
    """Return `data`, decompressed if it is gzip although no header says so."""
    coding = coding_of(data)
    return decompress_start(data, [coding], limit) if coding else data
