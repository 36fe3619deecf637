"""The provider of a fleet: a process of its own that counts what arrives, as a vendor bills it.

A prompt says what the call uses, so that a test knows it beforehand:

    use INPUT OUTPUT [MS]    this many tokens, answered after so many milliseconds

A request counts when all of it has arrived, whether or not its client is there for the answer. The
path says who sent it: `/NAME/v1/chat/completions` counts for `NAME`. `GET /counts` has the sums:
`{"NAME": {"requests", "input", "output", "open", "most_open"}}`. `POST /hold` lets every answer
wait, and `POST /release` sends them: what a test has in flight then is certain.
"""

import asyncio
import contextlib
import http.client
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

SCRIPT = Path(__file__)
PROMPT = re.compile(r"use (\d+) (\d+)(?: (\d+))?")
SECONDS = 10.0
"""For one call of a test to the upstream."""


class Count(msgspec.Struct):
    """What arrived from one machine, or from all."""

    requests: int = 0
    input: int = 0
    output: int = 0
    open: int = 0
    most_open: int = 0

    @property
    def tokens(self) -> int:
        """Input and output."""
        return self.input + self.output


class Upstream:
    """The running process. `url` has no trailing slash."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def _call(self, method: str, path: str) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        with contextlib.closing(connection):
            connection.request(method, path)
            return connection.getresponse().read()

    def by_machine(self) -> dict[str, Count]:
        """Return what arrived so far, by the name in the path."""
        return msgspec.json.decode(self._call("GET", "/counts"), type=dict[str, Count])

    def total(self) -> Count:
        """Return what arrived so far from all."""
        counts = self.by_machine().values()
        return Count(
            sum(each.requests for each in counts),
            sum(each.input for each in counts),
            sum(each.output for each in counts),
            sum(each.open for each in counts),
            sum(each.most_open for each in counts),
        )

    def clear(self) -> None:
        """Begin to count again."""
        self._call("POST", "/clear")

    def hold(self) -> None:
        """Let answers wait from now on."""
        self._call("POST", "/hold")

    def release(self) -> None:
        """Send the answers that wait, and those to come at once."""
        self._call("POST", "/release")


@contextmanager
def open_upstream() -> Iterator[Upstream]:
    """Run the upstream."""
    with subprocess.Popen(
        [sys.executable, "-P", str(SCRIPT)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield Upstream(int(process.stdout.readline()))
        finally:
            process.kill()


# ---------------------------------------------------------------- the process


class _State:
    def __init__(self) -> None:
        self.counts: dict[str, Count] = {}
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    def control(self, path: str) -> bytes:
        """Answer a call of the test."""
        if path == "/clear":
            # Requests that are open still end.
            self.counts = {
                name: Count(open=each.open, most_open=each.open)
                for name, each in self.counts.items()
            }
        elif path == "/hold":
            self.may_answer.clear()
        elif path == "/release":
            self.may_answer.set()
        return msgspec.json.encode(self.counts)


def _answer(given: int, output: int) -> bytes:
    return json.dumps(
        {
            "id": "c",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": "done"},
                    "finish_reason": "stop",
                }
            ],
            "usage": {
                "prompt_tokens": given,
                "completion_tokens": output,
                "total_tokens": given + output,
            },
        }
    ).encode()


async def _serve(state: _State, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the requests of one connection until its client closes it."""
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while head := await reader.readuntil(b"\r\n\r\n"):
            first, *lines = head.decode().split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            answer = await _reply(state, first.split(" ")[1], body)
            size = len(answer)
            writer.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                b"content-length: %d\r\n\r\n%b" % (size, answer)
            )
            await writer.drain()
    writer.close()


async def _reply(state: _State, path: str, body: bytes) -> bytes:
    _, name, *rest = path.split("/")
    if not rest:
        return state.control(path)
    if not body:  # the list of models
        return b'{"object": "list", "data": [{"id": "m", "object": "model"}]}'
    found = PROMPT.search(json.loads(body)["messages"][-1]["content"])
    given, output, milliseconds = map(int, found.groups("0")) if found else (1, 1, 0)
    count = state.counts.setdefault(name, Count())
    count.requests += 1
    count.input += given
    count.output += output
    count.open += 1
    count.most_open = max(count.most_open, count.open)
    await asyncio.sleep(milliseconds / 1000)
    await state.may_answer.wait()
    state.counts[name].open -= 1
    return _answer(given, output)


async def _run() -> None:
    state = _State()
    server = await asyncio.start_server(
        lambda reader, writer: _serve(state, reader, writer), "127.0.0.1", 0, backlog=4096
    )
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - for the test
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_run())
