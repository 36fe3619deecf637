"""Streams that break off: never passed on as whole (kind A5)."""

from collections.abc import Iterator

from helpers.field.case import Case
from helpers.providers.byte_server import Reply, chunk, events, head

LINES = "application/x-ndjson"


def lines(*data: object) -> bytes:
    return (
        b"".join(
            event[6:-1]
            for event in events(*data, done=False).splitlines(keepends=True)
            if event.strip()
        ).replace(b"}{", b"}\n{")
        + b"\n"
    )


CHAT = events(
    chunk(role="assistant", content=""),
    chunk(content="half of"),
    chunk(content=" it"),
    chunk("stop"),
    {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}},
)
"""Whole from its fourth event on."""

CALL = events(
    chunk(tool_calls=[{"index": 0, "id": "a", "function": {"name": "look", "arguments": ""}}]),
    chunk(tool_calls=[{"index": 0, "function": {"arguments": '{"at":"se'}}]),
    chunk(tool_calls=[{"index": 0, "function": {"arguments": 'a"}'}}]),
    chunk("tool_calls"),
)

CLAUDE = events(
    {
        "type": "message_start",
        "message": {
            "role": "assistant",
            "content": [],
            "stop_reason": None,
            "usage": {"input_tokens": 3, "output_tokens": 1},
        },
    },
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "ping"},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "half of"}},
    {"type": "content_block_stop", "index": 0},
    {
        "type": "content_block_start",
        "index": 1,
        "content_block": {"type": "tool_use", "id": "t", "name": "look", "input": {}},
    },
    {
        "type": "content_block_delta",
        "index": 1,
        "delta": {"type": "input_json_delta", "partial_json": '{"at":"sea"}'},
    },
    {"type": "content_block_stop", "index": 1},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 9}},
    {"type": "message_stop"},
    done=False,
)

GEMINI = events(
    {
        "candidates": [{"content": {"parts": [{"text": "half"}], "role": "model"}, "index": 0}],
        "usageMetadata": {"promptTokenCount": 3},
    },
    {"candidates": [{"content": {"parts": [{"text": " of"}], "role": "model"}, "index": 0}]},
    {
        "candidates": [{"content": {"parts": [{"text": " it"}]}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 3},
    },
    done=False,
)

RESPONSES = events(
    {"type": "response.created", "response": {"status": "in_progress", "output": []}},
    {
        "type": "response.output_item.added",
        "output_index": 0,
        "item": {"type": "message", "id": "m", "content": []},
    },
    {
        "type": "response.content_part.added",
        "output_index": 0,
        "item_id": "m",
        "content_index": 0,
        "part": {"type": "output_text", "text": ""},
    },
    {
        "type": "response.output_text.delta",
        "output_index": 0,
        "item_id": "m",
        "content_index": 0,
        "delta": "half of",
    },
    {
        "type": "response.output_text.done",
        "output_index": 0,
        "item_id": "m",
        "content_index": 0,
        "text": "half of",
    },
    {
        "type": "response.output_item.done",
        "output_index": 0,
        "item": {
            "type": "message",
            "id": "m",
            "content": [{"type": "output_text", "text": "half of"}],
        },
    },
    {"type": "response.completed", "response": {"status": "completed", "output": []}},
    done=False,
)

OLLAMA = lines(
    {"model": "m", "message": {"role": "assistant", "content": "half"}, "done": False},
    {"model": "m", "message": {"role": "assistant", "content": " of"}, "done": False},
    {
        "model": "m",
        "message": {"role": "assistant", "content": ""},
        "done": True,
        "done_reason": "stop",
        "eval_count": 2,
    },
)

STREAMS = (
    # name, kind, more lines of its section, body, separator, events until it is whole
    ("chat", "openai", (), CHAT, b"\n\n", 4),
    ("router", "openrouter", (), CHAT, b"\n\n", 4),
    ("call", "openai", (), CALL, b"\n\n", 4),
    ("claude", "anthropic", (), CLAUDE, b"\n\n", 9),
    ("gemini", "gemini", (), GEMINI, b"\n\n", 3),
    ("responses", "openai", ('api = "responses"',), RESPONSES, b"\n\n", 7),
    ("ollama", "ollama", (), OLLAMA, b"\n", 3),
)


def ended(body: bytes) -> Reply:
    return [head() + body]


def in_chunks(body: bytes) -> Reply:
    """Say that more chunks follow, and close the connection."""
    return [
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n",
        b"%x\r\n%b\r\n" % (len(body), body),
    ]


def too_short(body: bytes) -> Reply:
    """Say that the body is longer than it is."""
    return [head(200, "text/event-stream", f"content-length: {len(body) + 100}") + body]


ENDS = (("end", ended), ("chunks", in_chunks), ("length", too_short))


def cut_everywhere() -> Iterator[Case]:
    for name, kind, more, body, separator, whole in STREAMS:
        pieces = [each + separator for each in body.split(separator) if each]
        for number in range(whole):
            start = b"".join(pieces[:number])
            for where, part in (
                ("before", b""),
                ("in", pieces[number][: len(pieces[number]) // 2]),
            ):
                if not start + part:
                    continue
                how, end = ENDS[number % len(ENDS)]
                yield Case(
                    name=f"cut-{name}-{where}-{number}-{how}",
                    kind=kind,
                    lines=more,
                    reply=end(start + part),
                    not_whole=True,
                )


CASES = list(cut_everywhere())
