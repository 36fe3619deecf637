"""A provider that bills what it likes, and counts what it has billed: inside the attacker.

It speaks chat completions. A call is billed as soon as it has begun, even if the client then goes.
"""

import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import h11
import trio

PRICE_NANO = 1_000_000
"""Of a token, input or output: 1,000 USD per million."""


@dataclass
class Bill:
    """How a provider bills, and what it has billed.

    input_factor    input tokens for each token of text (3.5 bytes)
    input_more      input tokens on top, such as a system prompt of the server's own
    output          tokens of each reply; None is what `max_tokens` allows
    cost_factor     the cost that it reports, as a multiple of the tokens' price; None reports none
    seconds         that a reply takes, at least and at most
    """

    input_factor: float = 1.0
    input_more: int = 0
    output: int | None = None
    cost_factor: float | None = None
    seconds: tuple[float, float] = (0.01, 0.05)
    calls: int = 0
    tokens: int = 0
    nano: int = 0
    bodies: list[dict[str, object]] = field(default_factory=list)

    def charge(self, body: dict[str, object]) -> dict[str, object]:
        """Bill one call; return the `usage` of its reply."""
        text = "".join(str(message["content"]) for message in body["messages"])  # type: ignore[attr-defined]
        given = int(len(text) / 3.5 * self.input_factor) + self.input_more + 4
        most = int(str(body.get("max_tokens") or body.get("max_completion_tokens") or 100))
        output = most if self.output is None else self.output
        cost = (given + output) * PRICE_NANO * (self.cost_factor or 1)
        self.calls += 1
        self.tokens += given + output
        self.nano += int(cost)
        self.bodies.append(body)
        usage = {"prompt_tokens": given, "completion_tokens": output}
        return usage if self.cost_factor is None else {**usage, "cost": cost / 10**9}


@asynccontextmanager
async def open_billing(bill: Bill) -> AsyncIterator[int]:
    """Serve on the port that this yields."""
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")

        async def handle(stream: trio.SocketStream) -> None:
            async with stream:
                with suppress(trio.BrokenResourceError, h11.RemoteProtocolError):
                    await _serve(stream, bill)

        nursery.start_soon(trio.serve_listeners, handle, listeners)
        yield listeners[0].socket.getsockname()[1]
        nursery.cancel_scope.cancel()


async def _serve(stream: trio.SocketStream, bill: Bill) -> None:
    connection = h11.Connection(h11.SERVER)
    path, body = "", b""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await stream.receive_some())
        elif isinstance(event, h11.Request):
            path, body = event.target.decode(), b""
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            await _answer(stream, connection, bill, path, body)
            if connection.our_state is h11.MUST_CLOSE:
                return
            connection.start_next_cycle()
        else:
            return


async def _answer(
    stream: trio.SocketStream, connection: h11.Connection, bill: Bill, path: str, body: bytes
) -> None:
    if path.endswith("/models"):
        await _send(stream, connection, "application/json", b'{"object":"list","data":[]}')
        return
    asked = json.loads(body)
    usage = bill.charge(asked)
    await trio.sleep(random.uniform(*bill.seconds))  # noqa: S311 - no secret
    if asked.get("stream"):
        events = [
            {"choices": [{"index": 0, "delta": {"content": "Hello"}}]},
            {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": usage},
        ]
        lines = [*map(json.dumps, events), "[DONE]"]
        data = "".join(f"data: {line}\n\n" for line in lines).encode()
        await _send(stream, connection, "text/event-stream", data)
        return
    message = {"role": "assistant", "content": "Hello"}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    reply = {"id": "1", "object": "chat.completion", "choices": [choice], "usage": usage}
    await _send(stream, connection, "application/json", json.dumps(reply).encode())


async def _send(
    stream: trio.SocketStream, connection: h11.Connection, kind: str, data: bytes
) -> None:
    headers = [("content-type", kind), ("content-length", str(len(data)))]
    sent = connection.send(h11.Response(status_code=200, headers=headers))
    sent = (sent or b"") + (connection.send(h11.Data(data=data)) or b"")
    await stream.send_all(sent + (connection.send(h11.EndOfMessage()) or b""))
