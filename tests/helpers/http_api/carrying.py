"""The whole daemon in the test's process, and chats as HTTP clients of each API ask them."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import msgspec
import trio

from aircherd.api.services import Services
from aircherd.chat.caller import Caller
from aircherd.errors import AircherError
from aircherd.memory.request_memory import uncounted
from aircherd.providers.verbatim.passage import Passage
from aircherd.testing.simulator import Fault, Received, Simulator, open_simulator
from aircherd.vocabulary.attempt import ChatResult
from aircherd.vocabulary.chat import ChatRequest, Message
from aircherd.vocabulary.reply import AttemptDelta, TextDelta
from aircherd.vocabulary.verbatim import Dialect, VerbatimDelta, VerbatimHead, VerbatimRequest
from helpers.daemon.in_process import running, write_config

KEY = "canary-carried-0123456789abcdef"
PROVIDERS = """
[providers.ant]
kind = "anthropic"
base_url = "{url}/anthropic"
env = ["CARRIED_KEY"]

[providers.chat]
kind = "openai"
base_url = "{url}/openai/v1"
env = ["CARRIED_KEY"]

[providers.resp]
kind = "openai"
api = "responses"
base_url = "{url}/openai/v1"
env = ["CARRIED_KEY"]

[providers.goo]
kind = "gemini"
base_url = "{url}/gemini/v1beta"
env = ["CARRIED_KEY"]

[providers.router]
kind = "openrouter"
base_url = "{url}/openrouter/api/v1"
env = ["CARRIED_KEY"]

[providers.local]
kind = "ollama"
base_url = "{url}/ollama"
auth = "none"

[models.both]
routes = ["ant/claude-sonnet-5", "chat/gpt-5.5"]

[models.other_way]
routes = ["chat/gpt-5.5", "ant/claude-sonnet-5"]
"""
VENDORS = ("openai", "anthropic", "gemini", "openrouter")

SPEAKERS: dict[Dialect, str] = {
    "anthropic": "ant/claude-sonnet-5",
    "openai_chat": "chat/gpt-5.5",
    "openai_responses": "resp/gpt-5.5",
    "gemini": "goo/gemini-3.8-flash",
    "ollama": "local/qwen3:8b",
}
"""Each API, and a model of a provider that speaks it."""

TEXT = "one two three"


def body_of(dialect: Dialect, text: str = TEXT, *, stream: bool, **more: object) -> bytes:
    """Return a body as a client of the API sends it; the model's name is an alias."""
    question = {"role": "user", "content": text}
    bodies: dict[Dialect, dict[str, object]] = {
        "anthropic": {"model": "mine", "max_tokens": 100, "messages": [question], "stream": stream},
        "openai_chat": {
            "messages": [question],
            "model": "mine",
            "stream": stream,
            **({"stream_options": {"include_usage": True}} if stream else {}),
        },
        "openai_responses": {"model": "mine", "input": text, "stream": stream, "store": False},
        "gemini": {"contents": [{"role": "user", "parts": [{"text": text}]}]},
        "ollama": {"model": "mine", "messages": [question], "stream": stream},
    }
    return json.dumps(bodies[dialect] | more, indent=1).encode()


class Carried(msgspec.Struct, kw_only=True):
    """What a client gets: the head and the bytes, or the deltas to translate; and the end."""

    heads: list[VerbatimHead] = []
    pieces: list[bytes] = []
    attempts: list[tuple[str, str]] = []
    texts: list[str] = []
    result: ChatResult | None = None
    error: AircherError | None = None
    passage: Passage

    @property
    def data(self) -> bytes:
        """All bytes."""
        return b"".join(self.pieces)

    @property
    def outcome(self) -> str:
        """`ok`, or the error's code."""
        return self.error.code if self.error else "ok"

    def everything(self) -> bytes:
        """Return all that a client could be shown."""
        shown = [self.heads, self.attempts, self.texts, self.result, self.error and self.error.data]
        message = self.error.message if self.error else ""
        return self.data + msgspec.json.encode(shown) + message.encode()

    async def send(self, deltas: Sequence[object]) -> None:
        """Take the deltas of one read."""
        for delta in deltas:
            if isinstance(delta, VerbatimHead):
                self.heads.append(delta)
            elif isinstance(delta, VerbatimDelta):
                self.pieces.append(delta.data)
            elif isinstance(delta, AttemptDelta):
                self.attempts.append((delta.provider, delta.outcome))
            elif isinstance(delta, TextDelta):
                self.texts.append(delta.text)


class Carrier:
    """The daemon and the simulated vendors."""

    def __init__(self, services: Services, sim: Simulator) -> None:
        self.services = services
        self.sim = sim

    def meet(self, kind: str, **fields: object) -> None:
        """Inject a fault into the next chat."""
        self.sim.faults.add(Fault(kind, **fields))  # type: ignore[arg-type]

    @property
    def last(self) -> Received:
        """The last chat that a vendor received."""
        return [each for each in self.sim.requests if each.endpoint == "chat"][-1]

    async def ask(
        self,
        dialect: Dialect,
        model: str | None = None,
        text: str = TEXT,
        *,
        stream: bool = True,
        body: bytes | None = None,
        client: str = "tool",
        **sent: object,
    ) -> Carried:
        """Ask as a client of `dialect`; `sent` are fields of the `VerbatimRequest`."""
        request = ChatRequest(
            messages=[Message("user", text)],
            model=model or SPEAKERS[dialect],
            stream=stream,
            max_tokens=100 if dialect == "anthropic" else None,
        )
        data = body_of(dialect, text, stream=stream) if body is None else body
        verbatim = VerbatimRequest(dialect=dialect, body=data, **sent)  # type: ignore[arg-type]
        carried = Carried(passage=Passage(verbatim))
        with trio.CancelScope() as scope:
            try:
                carried.result = await self.services.chat.chat(
                    request,
                    Caller(client),
                    carried.send,
                    scope,
                    uncounted(),
                    verbatim=carried.passage,
                )
            except AircherError as error:
                carried.error = error
        return carried


@asynccontextmanager
async def carrying(
    environ: dict[str, str], more: str = "", **behave: object
) -> AsyncIterator[Carrier]:
    """Open the daemon in front of simulated vendors of each API, whose key is `KEY`."""
    async with open_simulator(accept=dict.fromkeys(VENDORS, KEY)) as sim:
        sim.behave(repeat_answers=True, **behave)
        write_config(environ, PROVIDERS.format(url=sim.url) + more)
        async with running(environ | {"CARRIED_KEY": KEY}) as services:
            yield Carrier(services, sim)
