"""What makes a tool stop asking once nothing is left to try: pure.

SDKs heed `x-should-retry`, and so do most tools. These do not, or not always:

- Codex repeats everything but a 400. One kind of 429 stops it, but it shows words of its own then.
- aider repeats 402, 403, 424, 429 and 5xx.
- Claude Code repeats a 404; Cline, Continue and Qwen a 429 and a 5xx.
- goose repeats everything but 401, 402 and 403, and has words of its own for 402.
- opencode repeats them, too, and whatever has one of many words in its message or anywhere in its
  body: `rate limit`, `connection refused`, 503. aider looks for the first of them.

So a final failure has the status for them at which they stop. For these two such words are spelt
otherwise: the same to people, not to a pattern. Other clients get the status that it is.

Sources: the tools themselves, counted, and their code, November 2026.
"""

import re
from typing import Final, NamedTuple

import msgspec

from aircherd.http_api.problem import Problem


class Stop(NamedTuple):
    """The status at which a tool stops, and those that it stands for."""

    status: int
    instead_of: frozenset[int]


_PASSING: Final = frozenset({408, 429, 500, 502, 503, 504, 529})
_FAILURES: Final = _PASSING | {402, 404, 405, 413, 415, 424}
_AFTER_PASSING: Final = Stop(400, _PASSING)

STOPS: Final[dict[str, Stop]] = {
    "aider": Stop(400, _PASSING | {402, 403, 424}),
    "claude": Stop(400, frozenset({404})),
    "cline": _AFTER_PASSING,
    "cn": _AFTER_PASSING,
    "codex": Stop(400, _FAILURES | {401, 403}),
    "goose": Stop(403, _FAILURES | {400}),
    "opencode": _AFTER_PASSING,
    "qwen": _AFTER_PASSING,
}
"""Tool, as `run` calls it -> what it gets."""

_PROGRAMS: Final = (("claude-cli", "claude"), ("codex", "codex"), ("goose", "goose"),
                    ("opencode", "opencode"), ("qwen", "qwen"))  # fmt: skip
"""How a User-Agent begins, in lower case -> the tool."""

_TOO_LONG: Final = "context_length"
"""All tools know it by its own status, and some shorten the conversation."""
_READERS: Final = frozenset({"aider", "opencode"})
"""Tools that look for words, too."""
_WORDS: Final = (
    "429|500|502|503|504|524|rate increased|rate[-_ ]limit|too[ _]many[ _]requests|overloaded|"
    "unavailable|exhausted|internal[ _]error|internal server|server[-_ ]error|returned[-_ ]error|"
    "terminated|fetch failed|failed to fetch|network[-_ ]error|upstream connect|"
    "connection (?:error|refused|lost)|socket connection|socket hang|reset before|getaddrinfo|"
    r"enotfound|eai_again|econnrefused|econnreset|etimedout|time(?:d )?[ -]?out|"
    "your request again|retry your|try again|at capacity"
)
"""What makes them ask again, wherever it is in a text."""
_PATTERN: Final = re.compile(_WORDS, re.IGNORECASE)
_BYTES: Final = re.compile(_WORDS.encode(), re.IGNORECASE)
_UNSEEN: Final = "\u2060"
"""A character that has no width, and joins what it is between."""


def tool_of(client: str | None, user_agent: str | None) -> str | None:
    """Return the tool that asks, None if it is none of these.

    `client` is the name of its token: that of `run` has the tool's.
    """
    if client in STOPS:
        return client
    agent = (user_agent or "").lower()
    return next((tool for begins, tool in _PROGRAMS if agent.startswith(begins)), None)


def reworded(problem: Problem, tool: str | None) -> Problem:
    """Return the problem with a message after which the tool stops, if it should."""
    if tool not in _READERS or problem.may_retry:
        return problem
    message = _PATTERN.sub(_spelt, problem.message)
    return msgspec.structs.replace(problem, message=message)


def final_answer(problem: Problem, tool: str | None, status: int, body: bytes) -> tuple[int, bytes]:
    """Return the status and the body of an error, so that the tool stops if it should."""
    if tool is None or problem.may_retry:
        return status, body
    if tool in _READERS:
        body = _BYTES.sub(_escaped, body)  # in types and codes
    stop = STOPS[tool]
    if problem.kind == _TOO_LONG or status not in stop.instead_of:
        return status, body
    return stop.status, body


def _spelt(found: re.Match[str]) -> str:
    return found[0][0] + _UNSEEN + found[0][1:]


def _escaped(found: re.Match[bytes]) -> bytes:
    return found[0][:1] + b"\\u2060" + found[0][1:]
