"""One report from the field, and what a client should get of it."""

from typing import Any

import msgspec

from helpers.providers.byte_server import Answer, chunk, stream

FINE = stream(chunk(content="fine"), chunk("stop"))
"""What the next provider of every chain answers."""

PATHS = {"openai": "/v1", "openrouter": "/api/v1"}
"""Where the API of a kind begins, below the provider's URL."""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A provider's answer, and what should come of it.

    Attributes:
        name: also the provider's.
        reply: what it answers, each time.
        kind: its kind in the configuration.
        lines: more lines of its section.
        request: more fields of the request.
        path: where its API begins, instead of the usual place.
        outcome: the error code of the attempt; the next provider answers.
        said: words of the attempt's message.
        cools: the seconds for which it should be left alone, at least.
        text, finish, calls, usage, cost: of its own answer, if it is one.
        code: the error of the whole request.
        not_whole: whether it is an error, or the next provider answers.
    """

    name: str
    reply: Answer
    kind: str = "openai"
    lines: tuple[str, ...] = ()
    request: dict[str, Any] = {}
    path: str | None = None
    outcome: str | None = None
    said: str = ""
    cools: float = 0.0
    text: str | None = None
    finish: str | None = None
    calls: list[tuple[str, str]] | None = None
    usage: tuple[int, int] | None = None
    cost: str | None = None
    code: str | None = None
    not_whole: bool = False


class Outcome(msgspec.Struct, frozen=True):
    """What a client got: a result or an error, and what is cooling now."""

    result: dict[str, Any]
    error: str | None
    cooldowns: list[dict[str, Any]]

    @property
    def attempt(self) -> dict[str, Any]:
        """The first attempt."""
        attempts: list[dict[str, Any]] = self.result["attempts"]
        return attempts[0]

    @property
    def text(self) -> str:
        """The text of the answer."""
        return "".join(part["text"] for part in self.parts if part["type"] == "text")

    @property
    def calls(self) -> list[tuple[str, str]]:
        """Name and arguments of each tool call."""
        called = [part for part in self.parts if part["type"] == "tool_call"]
        return [(part["name"], part["arguments"]) for part in called]

    @property
    def parts(self) -> list[dict[str, Any]]:
        """The parts of the answer."""
        return list(self.result.get("message", {}).get("content", []))
