"""A response whose body is decompressed while it arrives."""

import httpx
import trio

from aircherd.providers.transport.compression.codings import (
    Decompressor,
    Undecodable,
    codings_of,
)
from aircherd.providers.transport.request import HttpResponse

_NAME = b"content-encoding"


def decoded(response: HttpResponse) -> HttpResponse:
    """Return `response` as it is, or decompressed if a header says that it is compressed."""
    values = [
        value
        for name, value in response.headers
        if len(name) == len(_NAME) and name.lower() == _NAME
    ]
    if not values:
        return response
    codings = codings_of(b",".join(values).decode("latin-1"))
    return DecodedResponse(response, codings) if codings else response


class DecodedResponse:
    """An `HttpResponse` over another one, whose `start` was received already."""

    def __init__(self, response: HttpResponse, codings: list[str], start: bytes = b"") -> None:
        self.status = response.status
        self.headers = response.headers
        self._response = response
        self._codings = codings
        self._start = start
        self._decompressor: Decompressor | None = None
        self._is_over = False

    def take_whole(self) -> None:
        """Return None: how large the body is cannot be known before it is read."""

    async def receive_some(self) -> bytes:
        """Return the next piece of the decompressed body, b"" at its end.

        Raises:
            httpx.DecodingError: it cannot be decompressed.
            httpx.TransportError: the response broke off.
        """
        try:
            return await self._receive()
        except Undecodable as error:
            raise httpx.DecodingError(str(error)) from None

    async def _receive(self) -> bytes:
        if self._decompressor is None:
            self._decompressor = Decompressor(self._codings)
        while True:
            piece = self._decompressor.read()
            if piece is not None:
                # Other tasks run too while a little input becomes much output.
                await trio.lowlevel.checkpoint()
                if piece:
                    return piece
            elif self._is_over:
                return b""
            else:
                await self._receive_input(self._decompressor)

    async def _receive_input(self, decompressor: Decompressor) -> None:
        data, self._start = self._start, b""
        data = data or await self._response.receive_some()
        if data:
            decompressor.feed(data)
        else:
            self._is_over = True
            decompressor.end()

    def finish(self) -> None:
        """Declare that the rest of the body is not needed; see `HttpResponse`."""
        self._response.finish()

    async def aclose(self) -> None:
        """Release the connection; see `HttpResponse`."""
        await self._response.aclose()

    def __repr__(self) -> str:
        return f"<DecodedResponse {self._codings} of {self._response!r}>"
