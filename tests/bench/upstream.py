"""The upstream of every measurement: a provider in its own process that does almost nothing.

It reads the first line and the length of a request, never its body, and sends prepared bytes. So it
is many times faster than the daemon; the bare client's column shows its speed without the daemon.

    /v1/chat/completions                a small reply in one piece
    /s/EVENTS/v1/chat/completions       a stream of EVENTS deltas, 64 in one write
    /t/EVENTS/MS/v1/chat/completions    a stream of EVENTS deltas, one every MS milliseconds, each
                                        with the time it was sent (monotonic, in nanoseconds)

As a process, it prints its port.
"""

import asyncio
import time

REPLY = (
    b'{"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,'
    b'"message":{"role":"assistant","content":"Hello, how are you?"},"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":9,"completion_tokens":7,"total_tokens":16}}'
)
WHOLE = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(REPLY)
) + REPLY
STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
)
EVENT = (
    b'data: {"id":"chatcmpl-abcdefghijklmnopqrstuvwx","object":"chat.completion.chunk",'
    b'"created":1760000000,"model":"gpt-5.5","service_tier":"default","choices":[{"index":0,'
    b'"delta":{"content":"%s"},"logprobs":null,"finish_reason":null}],"usage":null}\n\n'
)
END = (
    b'data: {"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
    b'data: {"id":"c","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":7}}\n\n'
    b"data: [DONE]\n\n"
)
PER_WRITE = 64
WORD = b" hello"
"""The text of an event."""


def chunk(data: bytes) -> bytes:
    """Return `data` as one chunk of a chunked body."""
    return b"%x\r\n%s\r\n" % (len(data), data)


BATCH = chunk(EVENT % WORD * PER_WRITE)
LAST = chunk(END) + b"0\r\n\r\n"


class Upstream(asyncio.Protocol):
    """One connection, with one request after another."""

    def __init__(self) -> None:
        self._buffer = b""
        self._resumed = asyncio.Event()
        self._resumed.set()
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop streaming."""
        del exc
        if self._task:
            self._task.cancel()

    def pause_writing(self) -> None:
        """The peer reads more slowly than we write."""
        self._resumed.clear()

    def resume_writing(self) -> None:
        """The peer has caught up."""
        self._resumed.set()

    def data_received(self, data: bytes) -> None:
        """Answer every complete request."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._buffer) < end + 4 + length:
                return
            self._buffer = self._buffer[end + 4 + length :]
            self._answer(head.split(b" ", 2)[1])

    def _answer(self, path: bytes) -> None:
        parts = path.split(b"/")
        if parts[1] == b"s":
            self._task = asyncio.ensure_future(self._stream(int(parts[2])))
        elif parts[1] == b"t":
            self._task = asyncio.ensure_future(self._tick(int(parts[2]), int(parts[3]) / 1000))
        else:
            self._transport.write(WHOLE)

    async def _stream(self, events: int) -> None:
        self._transport.write(STREAM_HEAD)
        for _ in range(events // PER_WRITE):
            self._transport.write(BATCH)
            await self._resumed.wait()
        self._transport.write(LAST)

    async def _tick(self, events: int, seconds: float) -> None:
        self._transport.write(STREAM_HEAD)
        due = time.monotonic()
        for _ in range(events):
            due += seconds
            await asyncio.sleep(due - time.monotonic())
            self._transport.write(chunk(EVENT % (b"%d " % time.monotonic_ns())))
        self._transport.write(LAST)


async def serve() -> None:
    """Serve until killed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Upstream, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
