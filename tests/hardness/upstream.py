"""The provider of every attack, in its own process: quick, mute, or a flood.

The quick one is another process, so that honest clients wait for the daemon only.

    /v1/...             a small reply in one piece
    /mute/v1/...        reads everything and never responds
    /s/EVENTS/v1/...    a stream of EVENTS tiny deltas, 64 in one write
    /t/EVENTS/MS/v1/... a stream of EVENTS tiny deltas, one every MS milliseconds
    /tools/EVENTS/v1/... a stream of one tool call, whose arguments come in EVENTS pieces
    /large/MIB/v1/...   a stream with deltas of 100 kB, MIB in all
    /whole/KIB/v1/...   a reply in one piece, with a text of KIB
    /dust/KIB/v1/...    the same, and each 16 bytes are a chunk of HTTP of their own
    /crumbs/KIB/v1/...  a stream of the smallest events there are, 1,500 in 64 KiB
    /line/KIB/v1/...    a stream with one event of KIB, in a line that does not end before
    /list/NUMBER/...    the same as the first
    .../models          a list of one model, or of NUMBER models

It prints its port. `PROVIDERS` is the configuration that names them.
"""

import asyncio
import json

from bench.upstream import END, EVENT, PER_WRITE, REPLY, STREAM_HEAD, Upstream, chunk

PROVIDERS = """
[providers.quick]
kind = "openai"
base_url = "http://127.0.0.1:{quick}/v1"
auth = "none"

[providers.mute]
kind = "openai"
base_url = "http://127.0.0.1:{port}/mute/v1"
auth = "none"

[providers.flood]
kind = "openai"
base_url = "http://127.0.0.1:{port}/s/1000000/v1"
auth = "none"

[providers.ticks]
kind = "openai"
base_url = "http://127.0.0.1:{port}/t/100000/10/v1"
auth = "none"

[providers.large]
kind = "openai"
base_url = "http://127.0.0.1:{port}/large/100/v1"
auth = "none"

[providers.whole]
kind = "openai"
base_url = "http://127.0.0.1:{port}/whole/6400/v1"
auth = "none"

[providers.huge]
kind = "openai"
base_url = "http://127.0.0.1:{port}/whole/100000/v1"
auth = "none"

[providers.dust]
kind = "openai"
base_url = "http://127.0.0.1:{port}/dust/100000/v1"
auth = "none"

[providers.crumbs]
kind = "openai"
base_url = "http://127.0.0.1:{port}/crumbs/100000/v1"
auth = "none"

[providers.line]
kind = "openai"
base_url = "http://127.0.0.1:{port}/line/100000/v1"
[providers.tools]
kind = "openai"
base_url = "http://127.0.0.1:{port}/tools/1000000/v1"
auth = "none"
"""
LARGE = chunk(EVENT % (b"x" * 100_000))
MIB = 1024 * 1024
BLOCK = b"x" * 65_536
BEFORE, AFTER = REPLY.split(b"Hello, how are you?")
CRUMB = b'data: {"choices":[{"delta":{"content":"ab"}}]}\n\n'
JSON_HEAD = STREAM_HEAD.replace(b"text/event-stream", b"application/json")
BODIES = {
    b"whole": (JSON_HEAD, BEFORE, chunk(BLOCK)),
    b"dust": (JSON_HEAD, BEFORE, chunk(BLOCK[:16]) * (len(BLOCK) // 16)),
    b"crumbs": (STREAM_HEAD, CRUMB, chunk(CRUMB * (len(BLOCK) // len(CRUMB)))),
    b"line": (STREAM_HEAD, EVENT.split(b"%s")[0], chunk(BLOCK)),
}
"""Head, beginning, and what is repeated, of large replies."""
_DELTA = b'data: {"id":"c","model":"m","choices":[{"index":0,"delta":{"tool_calls":[%s]}}]}\n\n'
CALL = _DELTA % (
    b'{"index":0,"id":"call_1","type":"function",'
    b'"function":{"name":"f","arguments":"{\\"text\\":\\""}}'
)
ARGUMENTS = _DELTA % b'{"index":0,"function":{"arguments":"hello "}}'
CALL_END = _DELTA % b'{"index":0,"function":{"arguments":"\\"}"}}'


def model_list(number: int) -> bytes:
    """Return a response with a list of models."""
    rows = [{"id": f"vendor-{n % 50}/model-{n}" if n else "m", "created": n} for n in range(number)]
    body = json.dumps({"object": "list", "data": rows}).encode()
    head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


class HostileUpstream(Upstream):
    """One connection; a mute one drops all that it reads."""

    _is_mute = False

    def data_received(self, data: bytes) -> None:
        """Answer every complete request, unless the first one is for the mute provider."""
        if self._is_mute or data.startswith(b"POST /mute/"):
            self._is_mute = True
            return
        super().data_received(data)

    def _answer(self, path: bytes) -> None:
        parts = path.split(b"/")
        if parts[-1] == b"models":
            self._transport.write(model_list(int(parts[2]) if parts[1] == b"list" else 1))
        elif parts[1] in BODIES:
            self._task = asyncio.ensure_future(self._repeat(*BODIES[parts[1]], int(parts[2])))
        elif parts[1] == b"large":
            self._task = asyncio.ensure_future(self._large(int(parts[2])))
        elif parts[1] == b"tools":
            self._task = asyncio.ensure_future(self._call(int(parts[2])))
        else:
            super()._answer(path)

    async def _large(self, mib: int) -> None:
        self._transport.write(STREAM_HEAD)
        for _ in range(mib * MIB // len(LARGE)):
            self._transport.write(LARGE)
            await self._resumed.wait()
        self._transport.write(chunk(END) + b"0\r\n\r\n")

    async def _repeat(self, head: bytes, begin: bytes, piece: bytes, kib: int) -> None:
        self._transport.write(head + chunk(begin))
        for _ in range(kib * 1024 // len(BLOCK)):
            self._transport.write(piece)
            await self._resumed.wait()
        self._transport.write(chunk(AFTER) + b"0\r\n\r\n")

    async def _call(self, events: int) -> None:
        self._transport.write(STREAM_HEAD + chunk(CALL))
        for _ in range(events // PER_WRITE):
            self._transport.write(chunk(ARGUMENTS * PER_WRITE))
            await self._resumed.wait()
        self._transport.write(chunk(CALL_END + END) + b"0\r\n\r\n")


async def serve() -> None:
    """Serve until killed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(HostileUpstream, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
