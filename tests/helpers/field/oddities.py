"""Good replies with one odd detail (kinds A6, A8, A9, A12, B1, B2)."""

import gzip
import json
import zlib

from helpers.field.case import Case
from helpers.providers.byte_server import chunk, events, head, stream, whole

OK = (chunk(content="good"), chunk("stop"))
WHOLE = {"choices": [{"index": 0, "message": {"content": "good"}, "finish_reason": "stop"}]}


def odd(name: str, data: bytes, kind: str = "text/event-stream", *fields: str) -> Case:
    return Case(
        name=f"odd-{name}", reply=[head(200, kind, *fields) + data], text="good", finish="stop"
    )


def replaced(old: bytes, new: bytes) -> bytes:
    return events(*OK).replace(old, new)


CASES = [
    odd("gzip", gzip.compress(events(*OK)), "text/event-stream", "content-encoding: gzip"),
    odd("zlib", zlib.compress(events(*OK)), "text/event-stream", "content-encoding: deflate"),
    odd("raw-deflate", zlib.compress(events(*OK))[2:-4], "text/event-stream", "content-encoding: deflate"),
    odd("gzip-unsaid", gzip.compress(events(*OK))),
    odd("gzip-whole", gzip.compress(json.dumps(WHOLE).encode()), "application/json", "content-encoding: gzip"),
    odd("json-label", events(*OK), "application/json; charset=utf-8"),
    odd("no-label", events(*OK), "application/octet-stream"),
    odd("whole-as-stream", json.dumps(WHOLE).encode()),
    odd("whole-bom", b"\xef\xbb\xbf" + json.dumps(WHOLE).encode(), "application/json"),
    odd("glued", events(*OK).replace(b"data: ", b"data:")),
    odd("cr", events(*OK).replace(b"\n", b"\r")),
    odd("ids", b"retry: 10\n\nid: 7\n" + events(*OK)),
    odd("nan", replaced(b'"finish_reason": null', b'"finish_reason": null, "logprobs": NaN')),
    odd("infinity", replaced(b'"index": 0', b'"index": 0, "score": -Infinity')),
    odd("tools-text", replaced(b'"content": "good"', b'"content": "good", "tool_calls": ""')),
    odd("tools-map", replaced(b'"content": "good"', b'"content": "good", "tool_calls": {}')),
    odd("usage-list", replaced(b'"choices"', b'"usage": [], "choices"')),
    odd("usage-text", replaced(b'"choices"', b'"usage": "none", "choices"')),
    odd("error-map", replaced(b'"choices"', b'"error": {}, "choices"')),
    odd("error-text", replaced(b'"choices"', b'"error": "", "choices"')),
    odd("error-false", replaced(b'"choices"', b'"error": false, "choices"')),
    odd("delta-list", events(chunk(content="good"), {"choices": [{"delta": [], "finish_reason": "stop"}]})),
    odd("model-number", replaced(b'"choices"', b'"model": 7, "choices"')),
    Case(name="odd-tab", reply=[head() + replaced(b'"good"', b'"go\tod"')], text="go\tod"),
    Case(name="odd-latin", reply=[head() + replaced(b'"good"', b'"go\xe9d"')], text="go\ufffdd"),
    Case(name="odd-surrogate", reply=[head() + replaced(b'"good"', b'"go\\ud83dod"')], text="go\ufffdod"),
    Case(
        name="odd-message-and-delta",
        reply=whole({"choices": [{"message": {"content": "good"}, "delta": {"content": ""}, "finish_reason": "stop"}]}),
        request={"stream": False}, text="good",
    ),
    Case(
        name="odd-start-with-call", kind="anthropic", calls=[("look", '{"at": "sea"}')],
        reply=stream(
            {"type": "message_start", "message": {"stop_reason": "tool_use", "content": [
                {"type": "tool_use", "id": "t1", "name": "look", "input": {"at": "sea"}}]}},
            {"type": "message_delta", "delta": {"stop_reason": "tool_use"}},
            {"type": "message_stop"}, done=False,
        ),
    ),
    Case(
        name="odd-no-places", lines=('api = "responses"',), text="good", finish="stop",
        reply=stream(
            {"type": "response.output_item.added", "item": {"type": "message", "id": "a"}},
            {"type": "response.output_text.delta", "item_id": "b", "delta": "go"},
            {"type": "response.output_text.delta", "item_id": "c", "delta": "od"},
            {"type": "response.output_text.done", "item_id": "d", "text": "good"},
            {"type": "response.output_item.done", "item": {"type": "message", "id": "e", "content": [{"type": "output_text", "text": "good"}]}},
            {"type": "response.completed", "response": {"status": "completed", "output": [{"type": "message", "content": [{"type": "output_text", "text": "good"}]}]}},
            done=False,
        ),
    ),
    Case(
        name="odd-only-completed", lines=('api = "responses"',), text="good", finish="stop",
        reply=stream({"type": "response.completed", "response": {"status": "completed", "output": [{"type": "message", "content": [{"type": "output_text", "text": "good"}]}]}}, done=False),
    ),
]  # fmt: skip
