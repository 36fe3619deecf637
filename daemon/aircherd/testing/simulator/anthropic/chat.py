"""Anthropic Messages: responses, streams, model list and headers.

The order of events is the vendor's: `message_start`, then per content block its start, deltas and
stop, a `ping` after the first start, `message_delta`, `message_stop`. Sources: Anthropic's
documentation and SDK, November 2026.
"""

from collections.abc import Mapping
from typing import Any

from aircherd.testing.simulator import script
from aircherd.testing.simulator.anthropic import prompt as anthropic_prompt
from aircherd.testing.simulator.anthropic.blocks import REDACTED
from aircherd.testing.simulator.anthropic.caching import written_tokens
from aircherd.testing.simulator.anthropic.hosted import (
    citation,
    is_paused,
    search_call,
    search_result,
)
from aircherd.testing.simulator.anthropic.thinking import capabilities, shows_thoughts
from aircherd.testing.simulator.context import Context
from aircherd.testing.simulator.limits import Headers
from aircherd.testing.simulator.reply import (
    EVENT_TYPE,
    Reply,
    Streamed,
    Whole,
    encode_json,
    json_reply,
    named_event,
)

STOP_REASONS = {
    "stop": "end_turn",
    "stop_sequence": "stop_sequence",
    "length": "max_tokens",
    "tools": "tool_use",
    "pause": "pause_turn",
    "refusal": "refusal",
}
Marks = tuple[int, int]
"""Tokens that cache marks write: for five minutes, and for an hour."""

REDACT = "ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING"
"""The start of the prompt that, as the vendor documents, returns redacted thinking."""


def answer_chat(context: Context) -> Reply:
    """Answer `POST /v1/messages`.

    Raises:
        Refusal: the API would refuse the request.
    """
    prompt = anthropic_prompt.read_prompt(context)
    answer = script.decide(prompt, context.behaviour)
    count_usage = script.count_usage(prompt, answer, context.behaviour)
    if context.wants_stream():
        return _stream(context, answer, count_usage)
    return _whole(context, answer, count_usage)


def answer_count(context: Context) -> Whole:
    """Answer `POST /v1/messages/count_tokens`.

    Raises:
        Refusal: the API would refuse the request.
    """
    return json_reply(200, {"input_tokens": anthropic_prompt.count_input(context)}, [])


def answer_models(context: Context) -> Whole:
    """Answer `GET /v1/models`, a page at a time (`limit`, `after_id`).

    Raises:
        Refusal: the version header is missing.
    """
    anthropic_prompt.check_version(context)
    query = context.request.query
    models = context.behaviour.models.get("anthropic", [])
    after = query.get("after_id")
    start = models.index(after) + 1 if after in models else 0
    limit = int(query["limit"]) if query.get("limit", "").isdecimal() else 20
    page = models[start : start + limit]
    body = {
        "data": [_model(model) for model in page],
        "has_more": start + limit < len(models),
        "first_id": page[0] if page else None,
        "last_id": page[-1] if page else None,
    }
    return json_reply(200, body, [])


def request_headers(context: Context) -> Headers:
    """Return the headers of every response, besides the rate limits."""
    return [
        ("request-id", context.request_id),
        ("anthropic-organization-id", "00000000-0000-4000-8000-000000000000"),
    ]


def _model(model: str) -> dict[str, object]:
    return {
        "type": "model",
        "id": model,
        "display_name": model.replace("-", " ").title(),
        "created_at": "2026-06-01T00:00:00Z",
        "max_input_tokens": 200_000,
        "max_tokens": 64_000,
        "lifecycle": "active",
        "line": None,
        "deprecated_at": None,
        "retires_at": None,
        "capabilities": capabilities(model),
    }


def _whole(context: Context, answer: script.Answer, count_usage: script.TokenCounts) -> Whole:
    content: list[dict[str, object]] = []
    if answer.thoughts:
        content.append({**_thought(context, answer)})
    content += _searched(context, answer)
    if answer.pieces:
        content.append(_text(context, answer))
    for index, call in enumerate(answer.calls):
        content.append(
            {**_tool_use(context, index, call), "input": script.parse_json(call.arguments)}
        )
    marks = written_tokens(context.body)
    message = _message(context, content, _usage(count_usage, marks, count_usage.output))
    message["stop_reason"] = STOP_REASONS[answer.finish]
    message["stop_sequence"] = answer.stop
    return json_reply(200, message, [])


def _stream(context: Context, answer: script.Answer, count_usage: script.TokenCounts) -> Streamed:
    marks = written_tokens(context.body)
    message = _message(context, [], _usage(count_usage, marks, 1))
    start = {"type": "message_start", "message": message}
    output = _output(context, answer)
    delta = {
        "type": "message_delta",
        "delta": {"stop_reason": STOP_REASONS[answer.finish], "stop_sequence": answer.stop},
        "usage": _usage(count_usage, marks, count_usage.output),
    }
    last_stop = _block_stop(output.blocks - 1) if output.blocks else b""
    return Streamed(
        [EVENT_TYPE, ("cache-control", "no-cache")],
        named_event(start),
        output.pieces,
        output.pending + last_stop + named_event(delta),
        named_event({"type": "message_stop"}),
    )


class _Output:
    """Collects pieces of output; events that open or close blocks are added to the next piece."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.blocks = 0
        self.pending = b""

    def open_block(self, block: Mapping[str, object]) -> None:
        index = self.blocks
        if index:
            self.pending += _block_stop(index - 1)
        started = {"type": "content_block_start", "index": index, "content_block": block}
        self.pending += named_event(started)
        if not index:
            self.pending += named_event({"type": "ping"})
        self.blocks += 1

    def add_later(self, kind: str, field: str, values: list[Any]) -> None:
        """Add deltas that are no output: they come with the next piece, or at the end."""
        for value in values:
            delta = {"type": kind, field: value}
            index = self.blocks - 1
            event = {"type": "content_block_delta", "index": index, "delta": delta}
            self.pending += named_event(event)

    def add(self, kind: str, field: str, values: list[str]) -> None:
        """Add deltas of one kind to the open block. The hot path of benchmarks."""
        start = (
            b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,'
            b'"delta":{"type":"%b","%b":' % (self.blocks - 1, kind.encode(), field.encode())
        )
        deltas = [start + encode_json(value) + b"}}\n\n" for value in values]
        if deltas:
            deltas[0] = self.pending + deltas[0]
            self.pending = b""
            self.pieces += deltas


def _output(context: Context, answer: script.Answer) -> _Output:
    output = _Output()
    if answer.thoughts:
        _add_thought(output, _thought(context, answer))
    for block in _searched(context, answer):
        _add_searched(output, block)
    if answer.pieces:
        _add_text(output, _text(context, answer), answer.pieces)
    for index, call in enumerate(answer.calls):
        output.open_block(_tool_use(context, index, call))
        # The first fragment is always empty; without arguments it is the only one.
        arguments = (
            [] if script.parse_json(call.arguments) == {} else script.fragments(call.arguments)
        )
        output.add("input_json_delta", "partial_json", ["", *arguments])
    return output


def _text(context: Context, answer: script.Answer) -> dict[str, object]:
    """Return the text, with its source if it is about a search."""
    text = "".join(answer.pieces)
    is_found = answer.search is not None or is_paused(context.body["messages"][-1])
    cited: dict[str, object] = {"citations": [citation(text)]} if is_found else {}
    return {"type": "text", "text": text, **cited}


def _add_text(output: _Output, block: dict[str, object], pieces: list[str]) -> None:
    sources = block.get("citations")
    begun: dict[str, object] = {"citations": []} if sources else {}
    output.open_block({"type": "text", "text": "", **begun})
    output.add("text_delta", "text", pieces)
    if isinstance(sources, list):
        output.add_later("citations_delta", "citation", sources)


def _searched(context: Context, answer: script.Answer) -> list[dict[str, object]]:
    """Return the blocks of a search: its call and its result, or one of them around a pause."""
    last = context.body["messages"][-1]
    if is_paused(last):
        return [search_result(last["content"][-1])]
    if answer.search is None:
        return []
    call = search_call(context, answer.search)
    return [call] if answer.finish == "pause" else [call, search_result(call)]


def _add_searched(output: _Output, block: dict[str, object]) -> None:
    if block["type"] != "server_tool_use":
        output.open_block(block)
        return
    output.open_block({**block, "input": {}})
    text = encode_json(block["input"]).decode()
    output.add_later("input_json_delta", "partial_json", ["", *script.fragments(text)])


def _block_stop(index: int) -> bytes:
    return named_event({"type": "content_block_stop", "index": index})


def _thought(context: Context, answer: script.Answer) -> dict[str, str]:
    thought = "".join(answer.thoughts)
    if REDACT in thought:
        return {"type": "redacted_thinking", "data": REDACTED}
    # The shown text is signed, so that it can be checked when it is sent back.
    shown = thought if shows_thoughts(context.body) else ""
    return {"type": "thinking", "thinking": shown, "signature": script.signature(shown)}


def _add_thought(output: _Output, thought: dict[str, str]) -> None:
    if "data" in thought:
        output.open_block(thought)
        return
    output.open_block({"type": "thinking", "thinking": "", "signature": ""})
    output.add("thinking_delta", "thinking", script.split_pieces(thought["thinking"]))
    output.add("signature_delta", "signature", [thought["signature"]])


def _tool_use(context: Context, index: int, call: script.Call) -> dict[str, object]:
    tool_id = context.make_id("toolu_01", 22, index)
    return {"type": "tool_use", "id": tool_id, "name": call.name, "input": {}}


def _message(
    context: Context, content: list[dict[str, object]], usage: dict[str, object]
) -> dict[str, object]:
    return {
        "model": context.body["model"],
        "id": context.make_id("msg_01", 22),
        "type": "message",
        "role": "assistant",
        "content": content,
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
    }


def _usage(count_usage: script.TokenCounts, marks: Marks, output: int) -> dict[str, object]:
    short, long = marks
    short += count_usage.cache_write
    written = min(short + long, count_usage.input - count_usage.cached)
    return {
        "input_tokens": count_usage.input - count_usage.cached - written,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": count_usage.cached,
        "cache_creation": {
            "ephemeral_5m_input_tokens": max(written - long, 0),
            "ephemeral_1h_input_tokens": min(long, written),
        },
        "output_tokens": output,
        "output_tokens_details": {"thinking_tokens": count_usage.reasoning if output > 1 else 0},
        "service_tier": "standard",
    }
