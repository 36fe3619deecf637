"""Replies from the field, asked for over HTTP: from their server, and through the daemon."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import anthropic
import httpx
import openai

from helpers.daemon.real_daemon import home
from helpers.field.case import PATHS, Case
from helpers.http_api.sdks import messages
from helpers.http_api.served import create_token, free_port
from helpers.providers.byte_server import ByteServer, open_byte_server

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"at": {"type": "string"}}}
TOOLS = ("look", "listen")
KINDS = {"openai": "openai_chat", "openrouter": "openai_chat"}
TALK = {"messages": messages("hello")}
ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "openai_chat": ("/v1/chat/completions", TALK),
    "openai_responses": ("/v1/responses", {"input": "hello"}),
    "anthropic": ("/v1/messages", {**TALK, "max_tokens": 99}),
    "ollama": ("/api/chat", TALK),
}
"""Dialect -> the path and the body of a question; Gemini has the model in its path."""


_NOTE = re.compile(rb"(?:: x-aircher[^\n]*\n)+\n\Z")


class Said(NamedTuple):
    """A response: whether it streams, and its bytes without what compresses them."""

    is_stream: bool
    body: bytes


class Content(NamedTuple):
    """What a reply says; None for what a case does not name."""

    text: str | None
    calls: list[tuple[str, Any]] | None
    usage: tuple[int, int] | None


def is_good(case: Case) -> bool:
    """Return whether the daemon takes the reply for a whole and good one."""
    has_content = case.text is not None or case.calls is not None or case.usage is not None
    is_failure = case.not_whole or case.code is not None or case.outcome is not None
    return has_content and not is_failure and not callable(case.reply)


def dialect_of(case: Case) -> str:
    """Return the API of a reply."""
    if any("responses" in line for line in case.lines):
        return "openai_responses"
    return KINDS.get(case.kind, case.kind)


def streams(case: Case) -> bool:
    """Return whether a reply is a stream, as the daemon is asked for one."""
    return bool(case.request.get("stream", True))


def question(case: Case, model: str) -> tuple[str, dict[str, Any]]:
    """Return the path and the body that ask for a reply in its own API."""
    dialect = dialect_of(case)
    if dialect == "gemini":
        method = "streamGenerateContent?alt=sse" if streams(case) else "generateContent"
        contents = [{"role": "user", "parts": [{"text": "hello"}]}]
        return f"/v1beta/models/{model}:{method}", {"contents": contents}
    path, body = ASKED[dialect]
    return path, {"model": model, "stream": streams(case), **body}


class Replay:
    """The daemon and its providers."""

    def __init__(self, server: ByteServer, url: str, token: str) -> None:
        self._server = server
        self._url = url
        given = {"authorization": f"Bearer {token}", "anthropic-version": "2023-06-01"}
        self._http = httpx.Client(trust_env=False, headers=given, timeout=20)
        self._chat = openai.OpenAI(base_url=f"{url}/v1", api_key=token, max_retries=0)
        self._claude = anthropic.Anthropic(base_url=url, api_key=token, max_retries=0)

    def directly(self, case: Case) -> Said:
        """Return what the server of the reply says."""
        path, body = question(case, "m")
        return self._post(self._server.url(case.name) + path, body)[1]

    def through(self, case: Case) -> tuple[str | None, Said]:
        """Return how the daemon carries the reply, and what it says; without its last comment."""
        path, body = question(case, f"{case.name}/m")
        headers, said = self._post(self._url + path, body)
        said = said._replace(body=_NOTE.sub(b"", said.body))
        return headers.get("x-aircher-carried"), said

    def _post(self, url: str, body: object) -> tuple[httpx.Headers, Said]:
        found = b""
        with self._http.stream("POST", url, json=body) as response:
            with suppress(httpx.RemoteProtocolError):  # some servers do not end what they send
                for data in response.iter_bytes():
                    found += data
            kind = response.headers.get("content-type", "")
            assert response.is_success, (url, found)
            is_stream = "event-stream" in kind or "ndjson" in kind or found.startswith(b"data:")
            return response.headers, Said(is_stream, found)

    def by_chat(self, case: Case) -> Content:
        """Return what OpenAI's SDK reads of it in chat completions."""
        tools: Any = [{"type": "function", "function": _tool(name)} for name in TOOLS]
        asked: dict[str, Any] = {"model": f"{case.name}/m", **TALK, "tools": tools, "stream": True}
        text, calls, counts = "", dict[int, list[str]](), None
        options: Any = {"include_usage": True}
        for chunk in self._chat.chat.completions.create(**asked, stream_options=options):
            counts = chunk.usage or counts
            for delta in (choice.delta for choice in chunk.choices):
                text += delta.content or delta.refusal or ""
                for call in delta.tool_calls or ():
                    pieces = calls.setdefault(call.index, ["", ""])
                    pieces[0] += call.function.name or ""
                    pieces[1] += call.function.arguments or ""
        found = [(name, _parsed(arguments)) for name, arguments in calls.values()]
        usage = None if counts is None else (counts.prompt_tokens, counts.completion_tokens)
        return Content(text, found, usage)

    def by_claude(self, case: Case) -> Content:
        """Return what Anthropic's SDK reads of it."""
        tools: Any = [{"name": name, "input_schema": SCHEMA} for name in TOOLS]
        asked: dict[str, Any] = {"model": f"{case.name}/m", **TALK, "tools": tools}
        with self._claude.messages.stream(**asked, max_tokens=99) as stream:
            reply = stream.get_final_message()
        usage = reply.usage
        cached = (usage.cache_read_input_tokens or 0) + (usage.cache_creation_input_tokens or 0)
        return Content(
            "".join(block.text for block in reply.content if block.type == "text"),
            [(block.name, block.input) for block in reply.content if block.type == "tool_use"],
            (usage.input_tokens + cached, usage.output_tokens),
        )

    def close(self) -> None:
        """Close the clients."""
        for client in (self._http, self._chat, self._claude):
            client.close()


def wanted(case: Case) -> Content:
    """Return what a case says."""
    calls = None if case.calls is None else [(n, _parsed(a)) for n, a in case.calls]
    return Content(case.text, calls, case.usage)


def only(found: Content, case: Case) -> Content:
    """Return what a case names of what was found."""
    named = zip(found, wanted(case), strict=True)
    return Content(*(None if wish is None else each for each, wish in named))


def _tool(name: str) -> dict[str, Any]:
    return {"name": name, "parameters": SCHEMA}


def _parsed(arguments: str) -> Any:
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments


@contextmanager
def open_replay(cases: list[Case]) -> Iterator[Replay]:
    """Run a daemon with a provider for each case, and their server."""
    answers = {case.name: case.reply for case in cases}
    with open_byte_server(answers) as server, home({"REPLAY_KEY": "canary-0123456789"}) as made:
        port = free_port()
        sections = "".join(_section(case, server) for case in cases)
        made.write_config(f"[http]\nport = {port}\n{sections}")
        made.start(log_level="info")
        replay = Replay(server, f"http://127.0.0.1:{port}", create_token(made, "replay"))
        yield replay
        replay.close()


def _section(case: Case, server: ByteServer) -> str:
    path = PATHS.get(case.kind, "") if case.path is None else case.path
    lines = [
        f"[providers.{case.name}]",
        f'kind = "{case.kind}"',
        f'base_url = "{server.url(case.name)}{path}"',
        'env = "REPLAY_KEY"',
        *case.lines,
    ]
    return "\n".join(lines) + "\n"
