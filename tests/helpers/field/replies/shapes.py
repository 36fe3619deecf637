"""Good replies in the shape of another API, or with one odd detail (kinds A9, B1, B2)."""

import json
from typing import Any

from helpers.field.case import Case
from helpers.field.oddities import OK, WHOLE
from helpers.providers.byte_server import Reply, chunk, events, head, stream, whole

GOOD: dict[str, Any] = {"text": "good", "finish": "stop"}
USED = {"prompt_tokens": 3, "completion_tokens": 2}


def streamed(name: str, *data: object, done: bool = True, **more: Any) -> Case:
    return Case(name=f"shape-{name}", reply=stream(*data, done=done), **(GOOD | more))


def raw(name: str, data: bytes, label: str = "text/event-stream", **more: Any) -> Case:
    return Case(name=f"shape-{name}", reply=[head(200, label) + data], **(GOOD | more))


def body(name: str, value: object, **more: Any) -> Case:
    return Case(
        name=f"shape-{name}", reply=whole(value), request={"stream": False}, **(GOOD | more)
    )


def said(**message: object) -> dict[str, Any]:
    return {
        "choices": [
            {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}
        ]
    }


def claude(name: str, *data: object, **more: Any) -> Case:
    return Case(
        name=f"shape-claude-{name}",
        kind="anthropic",
        reply=stream(*data, done=False),
        **(GOOD | more),
    )


def claude_body(name: str, value: object, **more: Any) -> Case:
    return Case(
        name=f"shape-claude-{name}",
        kind="anthropic",
        reply=whole(value),
        request={"stream": False},
        **(GOOD | more),
    )


def gemini(name: str, *data: object, **more: Any) -> Case:
    return Case(
        name=f"shape-gemini-{name}", kind="gemini", reply=stream(*data, done=False), **(GOOD | more)
    )


def lines(*data: object) -> Reply:
    return [
        head(200, "application/x-ndjson")
        + b"".join(json.dumps(each).encode() + b"\n" for each in data)
    ]


def ollama(name: str, *data: object, **more: Any) -> Case:
    return Case(name=f"shape-ollama-{name}", kind="ollama", reply=lines(*data), **(GOOD | more))


def parts(*each: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "candidates": [{"content": {"role": "model", "parts": list(each)}, "finishReason": "STOP"}],
        **more,
    }


START = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
DELTA = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "good"}}
END = ({"type": "message_delta", "delta": {"stop_reason": "end_turn"}}, {"type": "message_stop"})
TEXT = json.dumps(WHOLE).encode()
LINE, OVER = (
    {"message": {"role": "assistant", "content": "good"}, "done": False},
    {"message": {"content": ""}, "done": True, "done_reason": "stop"},
)

CASES = [
    # text in other places of a chat completion
    streamed("completion-beside", {"choices": [{"index": 0, "text": "good", "delta": {"content": "good"}}]}, chunk("stop")),
    body("completion-beside-body", {"choices": [{"index": 0, "text": "good", "message": {"content": "good"}, "finish_reason": "stop"}]}),
    streamed("message-each", {"choices": [{"index": 0, "message": {"content": "go"}}]}, {"choices": [{"index": 0, "message": {"content": "od"}, "finish_reason": "stop"}]}),
    streamed("message-whole", {"choices": [{"index": 0, "message": {"content": "good"}, "finish_reason": "stop"}]}),
    streamed("message-again", chunk(content="good"), {"choices": [{"index": 0, "message": {"content": "good"}, "finish_reason": "stop"}]}),
    streamed("whole-again", chunk(content="go"), chunk(content="od"), WHOLE),
    streamed("parts", chunk(content=[{"type": "text", "text": "go"}]), chunk(content=[{"type": "text", "text": "od"}]), chunk("stop")),
    streamed("part-map", chunk(content={"type": "text", "text": "good"}), chunk("stop")),
    streamed("part-output-text", chunk(content=[{"type": "output_text", "text": "good"}]), chunk("stop")),
    streamed("part-no-type", chunk(content=[{"text": "good"}]), chunk("stop")),
    streamed("part-strings", chunk(content=["go", "od"]), chunk("stop")),
    body("content-map", said(content={"type": "text", "text": "good"})),
    body("content-parts", said(content=[{"type": "text", "text": "go"}, {"type": "text", "text": "od"}])),
    body("content-output-text", said(content=[{"type": "output_text", "text": "good"}])),
    body("content-strings", said(content=["go", "od"])),
    body("content-parts-thinking", said(content=[{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "good"}])),
    streamed("delta-string", {"choices": [{"index": 0, "delta": "good"}]}, chunk("stop")),
    body("choices-map", {"choices": {"index": 0, "message": {"content": "good"}, "finish_reason": "stop"}}),
    streamed("choices-map-events", {"choices": {"index": 0, "delta": {"content": "good"}}}, {"choices": {"index": 0, "delta": {}, "finish_reason": "stop"}}),
    body("in-list", [WHOLE]),
    body("in-data", {"data": WHOLE}),
    body("in-result", {"success": True, "result": WHOLE, "errors": []}),
    body("in-response", {"response": WHOLE}),
    body("in-body", {"statusCode": 200, "body": json.dumps(WHOLE)}),
    body("in-body-map", {"status": 200, "body": WHOLE}),
    body("dashscope", {"output": {"choices": [{"message": {"role": "assistant", "content": "good"}, "finish_reason": "stop"}]}, "usage": {"input_tokens": 3, "output_tokens": 2}, "request_id": "r"}),
    # another API altogether
    body("of-claude", {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "good"}], "stop_reason": "end_turn"}, text=None, finish=None, not_whole=True),
    body("of-gemini", parts({"text": "good"}), text=None, finish=None, not_whole=True),
    body("of-ollama", {"model": "m", "message": {"role": "assistant", "content": "good"}, "done": True, "done_reason": "stop"}, text=None, finish=None, not_whole=True),
    body("of-responses", {"object": "response", "status": "completed", "output": [{"type": "message", "content": [{"type": "output_text", "text": "good"}]}]}, text=None, finish=None, not_whole=True),
    streamed("of-claude-events", START, DELTA, *END, done=False, text=None, finish=None, not_whole=True),
    Case(name="shape-of-ollama-lines", reply=lines(LINE, OVER), not_whole=True),
    claude("of-chat-events", *OK, b"[DONE]", text=None, finish=None, not_whole=True),
    claude_body("of-chat", WHOLE, text=None, finish=None, not_whole=True),
    Case(name="shape-gemini-of-chat", kind="gemini", reply=whole(WHOLE), request={"stream": False}, not_whole=True),
    Case(name="shape-ollama-of-chat", kind="ollama", reply=stream(*OK), not_whole=True),
    Case(name="shape-responses-of-chat", lines=('api = "responses"',), reply=stream(*OK), not_whole=True),
    Case(name="shape-responses-of-chat-body", lines=('api = "responses"',), reply=whole(WHOLE), request={"stream": False}, not_whole=True),
    # null and empty
    streamed("role-only", chunk(role="assistant"), chunk(content="good"), chunk("stop")),
    streamed("role-null", chunk(role=None, content=None), chunk(role=None, content="good"), chunk("stop", content=None)),
    streamed("keep-alives", {"choices": []}, chunk(content="good"), {"choices": []}, chunk("stop")),
    streamed("keep-alive-usage", {"choices": [], "usage": None}, chunk(content="good"), chunk("stop")),
    streamed("choices-null", {"choices": None}, chunk(content="good"), chunk("stop")),
    streamed("no-choices", {"id": "x", "object": "chat.completion.chunk"}, chunk(content="good"), chunk("stop")),
    streamed("ping", {"type": "ping"}, chunk(content="good"), chunk("stop")),
    streamed("object-empty", {}, chunk(content="good"), {}, chunk("stop")),
    streamed("null-event", b"null", chunk(content="good"), chunk("stop")),
    streamed("prompt-filter", {"choices": [], "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {}}]}, chunk(content="good"), chunk("stop")),
    streamed("choice-null", {"choices": [None]}, chunk(content="good"), chunk("stop")),
    streamed("all-null", {"id": None, "object": None, "created": None, "model": None, "system_fingerprint": None, "choices": [{"index": None, "delta": {"role": None, "content": "good", "refusal": None, "tool_calls": None, "function_call": None, "reasoning_content": None}, "logprobs": None, "finish_reason": None}], "usage": None, "error": None}, chunk("stop")),
    streamed("error-null", chunk(content="good") | {"error": None}, chunk("stop") | {"error": None}),
    streamed("error-code-0", chunk(content="good") | {"code": 0, "message": "success", "status": "ok"}, chunk("stop")),
    body("success-beside", WHOLE | {"code": 200, "msg": "success", "success": True}),
    body("base-resp-0", WHOLE | {"base_resp": {"status_code": 0, "status_msg": ""}}),
    body("error-zero", WHOLE | {"error": 0}),
    body("error-no-message", WHOLE | {"error": {"message": "", "code": 0}}),
    body("error-null-fields", WHOLE | {"error": {"message": None, "code": None, "type": None}}),
    body("error-empty-list", WHOLE | {"error": [], "errors": []}),
    # types of other values
    streamed("index-text", {"choices": [{"index": "0", "delta": {"content": "good"}}]}, chunk("stop")),
    streamed("index-float", {"choices": [{"index": 0.0, "delta": {"content": "good"}}]}, chunk("stop")),
    streamed("created-text", chunk(content="good") | {"created": "now", "id": 7}, chunk("stop")),
    streamed("created-huge", chunk(content="good") | {"created": 10**40}, chunk("stop")),
    streamed("logprobs-text", {"choices": [{"index": 0, "delta": {"content": "good"}, "logprobs": "none"}]}, chunk("stop")),
    body("usage-false", WHOLE | {"usage": False}),
    body("usage-number", WHOLE | {"usage": 12}),
    body("usage-details-text", WHOLE | {"usage": USED | {"prompt_tokens_details": "none", "completion_tokens_details": []}}),
    body("tool-calls-null", said(content="good", tool_calls=None, function_call=None)),
    body("tool-calls-false", said(content="good", tool_calls=False)),
    body("tool-calls-empty-text", said(content="good", tool_calls="")),
    body("tool-calls-null-inside", said(content="good", tool_calls=[None])),
    body("refusal-empty", said(content="good", refusal="")),
    body("refusal-false", said(content="good", refusal=False)),
    body("reasoning-empty", said(content="good", reasoning_content="", reasoning=None)),
    body("annotations-null", said(content="good", annotations=None, audio=None)),
    streamed("think-tags", chunk(content="<think>hm</think>good"), chunk("stop"), text="<think>hm</think>good"),
    # bytes
    raw("split-lines", b'data: {"choices":[{"index":0,\ndata: "delta":{"content":"good"}}]}\n\n' + events(OK[1])),
    raw("crlf", events(*OK).replace(b"\n", b"\r\n")),
    raw("one-newline", events(*OK).replace(b"\n\n", b"\n")),
    raw("no-last-newline", events(*OK).rstrip()),
    raw("event-names", b"".join(b"event: message\n" + line + b"\n\n" for line in events(*OK).split(b"\n\n") if line)),
    raw("event-without-data", b"event: ping\n\n" + events(*OK)),
    raw("event-ping-text", b"event: ping\ndata: ping\n\n" + events(*OK)),
    raw("data-ping-text", b"data: ping\n\n" + events(*OK)),
    raw("data-ping-brackets", b"data: [PING]\n\n" + events(*OK)),
    raw("data-keepalive", events(OK[0]) .replace(b"data: [DONE]\n\n", b"") + b"data: keep-alive\n\n" + events(OK[1])),
    raw("data-empty", b"data:\n\ndata: \n\n" + events(*OK)),
    raw("comments", b": OPENROUTER PROCESSING\n\n" + events(OK[0]).replace(b"data: [DONE]\n\n", b"") + b": x\n\n" + events(OK[1])),
    raw("spaces-before", b"   \n\n" + events(*OK)),
    raw("data-upper", events(*OK).replace(b"data:", b"Data:")),
    raw("data-tab", events(*OK).replace(b"data: ", b"data:\t")),
    raw("data-spaces", events(*OK).replace(b"data: ", b"data:    ")),
    raw("data-space-before", events(*OK).replace(b"data: ", b" data: ")),
    raw("data-twice", events(*OK).replace(b"data: ", b"data: data: ")),
    raw("bom", b"\xef\xbb\xbf" + events(*OK)),
    raw("nul", events(*OK).replace(b"\n\n", b"\n\n\0")),
    raw("nul-end", events(*OK) + b"\0\0"),
    raw("nul-inside", events(*OK).replace(b'"good"', b'"go\0od"'), text="go\0od"),
    raw("utf-16", events(*OK).decode().encode("utf-16")),
    raw("utf-16-body", TEXT.decode().encode("utf-16"), "application/json; charset=utf-16", ),
    raw("utf-16le-body", TEXT.decode().encode("utf-16-le"), "application/json; charset=utf-16le"),
    raw("raw-newline", TEXT.replace(b'"good"', b'"go\nod"'), "application/json", text="go\nod"),
    raw("trailing-comma", TEXT[:-1] + b",}", "application/json"),
    raw("trailing-comma-list", TEXT.replace(b"}]", b"},]"), "application/json"),
    raw("single-quotes", repr(WHOLE).encode(), "application/json"),
    raw("comments-in-json", b"/* x */ " + TEXT, "application/json"),
    raw("prefix-guard", b")]}'\n" + TEXT, "application/json"),
    raw("fenced", b"```json\n" + TEXT + b"\n```", "application/json"),
    raw("padded", b" " * 3000 + TEXT, "application/json"),
    raw("garbage-behind", TEXT + b"\n\n<!-- 0.3 s -->", "application/json"),
    raw("twice", TEXT + TEXT, "application/json"),
    raw("python-words", TEXT.replace(b'"finish_reason"', b'"logprobs": None, "ok": True, "finish_reason"'), "application/json"),
    raw("nan-cost", TEXT.replace(b'"choices"', b'"usage": {"prompt_tokens": NaN, "cost": Infinity}, "choices"'), "application/json"),
    raw("bad-escape", TEXT.replace(b'"good"', b'"C:\\good"'), "application/json", text="C:\\good"),
    raw("escape-cut", TEXT.replace(b'"good"', b'"good\\u12"'), "application/json", text="good\\u12"),
    raw("as-html", TEXT, "text/html"),
    raw("as-text", TEXT, "text/plain"),
    raw("no-type-events", events(*OK), ""),
    raw("as-html-events", events(*OK), "text/html; charset=utf-8"),
    raw("ndjson-chat", b"".join(json.dumps(each).encode() + b"\n" for each in OK), "application/x-ndjson"),
    raw("ndjson-done", b"".join(json.dumps(each).encode() + b"\n" for each in OK) + b"[DONE]\n", "application/x-ndjson"),
    raw("json-seq", b"".join(b"\x1e" + json.dumps(each).encode() + b"\n" for each in OK), "application/json-seq"),
    raw("list-of-chunks", json.dumps(list(OK)).encode(), "application/json"),
    # HTTP
    Case(name="shape-http10", reply=[b"HTTP/1.0 200 OK\r\n\r\n" + events(*OK)], **GOOD),
    Case(name="shape-trailers", reply=[b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\ntrailer: x\r\n\r\n" + b"%x\r\n%b\r\n0\r\nx: 1\r\n\r\n" % (len(events(*OK)), events(*OK))], **GOOD),
    Case(name="shape-chunk-extension", reply=[b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n" + b"%x;a=b\r\n%b\r\n0\r\n\r\n" % (len(events(*OK)), events(*OK))], **GOOD),
    Case(name="shape-no-last-chunk", reply=[b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n" + b"%x\r\n%b\r\n" % (len(events(*OK)), events(*OK))], **GOOD),
    Case(name="shape-no-last-chunk-no-done", reply=[b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n" + b"%x\r\n%b\r\n" % (len(events(*OK, done=False)), events(*OK, done=False))], not_whole=True),
    Case(name="shape-length-too-long", reply=[head(200, "text/event-stream", "content-length: 9000") + events(*OK)], **GOOD),
    Case(name="shape-length-too-long-body", reply=[head(200, "application/json", f"content-length: {len(TEXT) + 20}") + TEXT], request={"stream": False}, not_whole=True),
    Case(name="shape-length-too-short", reply=[head(200, "application/json", f"content-length: {len(TEXT) - 5}") + TEXT], request={"stream": False}, not_whole=True),
    Case(name="shape-201", reply=whole(WHOLE, 201), request={"stream": False}, **GOOD),
    Case(name="shape-redirect", reply=[b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n"], not_whole=True),
    Case(name="shape-many-headers", reply=[head(200, "text/event-stream", *(f"x-h{number}: {number}" for number in range(90))) + events(*OK)], **GOOD),
    Case(name="shape-latin-header", reply=[head(200, "text/event-stream", "x-who: J\xfcrgen") + events(*OK)], **GOOD),
    Case(name="shape-no-reason-phrase", reply=[b"HTTP/1.1 200\r\ncontent-type: text/event-stream\r\n\r\n" + events(*OK)], **GOOD),
    # Anthropic
    claude("no-message-start", START, DELTA, *END),
    claude("no-block-start", DELTA, *END),
    claude("no-block-stop", {"type": "message_start", "message": {}}, START, DELTA, *END),
    claude("start-message-null", {"type": "message_start", "message": None}, START, DELTA, *END),
    claude("delta-type-missing", START, {"type": "content_block_delta", "index": 0, "delta": {"text": "good"}}, *END),
    claude("delta-null", START, {"type": "content_block_delta", "index": 0, "delta": None}, DELTA, *END),
    claude("text-at-start", {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "good"}}, *END),
    claude("start-twice", {"type": "message_start", "message": {}}, {"type": "message_start", "message": {}}, START, DELTA, *END),
    claude("stop-twice", START, DELTA, *END, *END),
    claude("usage-null", {"type": "message_start", "message": {"usage": None, "content": None}}, START, DELTA, {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": None}, END[1]),
    claude("index-missing", {"type": "content_block_start", "content_block": {"type": "text", "text": ""}}, {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "good"}}, *END),
    claude("unknown-event", {"type": "vendor_event", "data": "x"}, START, DELTA, *END),
    claude("error-null", START | {"error": None}, DELTA | {"error": {}}, *END),
    claude_body("plain", {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "good"}], "stop_reason": "end_turn"}),
    claude_body("content-text", {"type": "message", "role": "assistant", "content": "good", "stop_reason": "end_turn"}),
    claude_body("content-map", {"type": "message", "content": {"type": "text", "text": "good"}, "stop_reason": "end_turn"}),
    claude_body("content-strings", {"type": "message", "content": ["good"], "stop_reason": "end_turn"}),
    claude_body("no-types", {"content": [{"text": "good"}], "stop_reason": "end_turn"}),
    claude_body("block-null", {"type": "message", "content": [None, {"type": "text", "text": "good"}], "stop_reason": "end_turn"}),
    claude_body("in-body", {"body": {"type": "message", "content": [{"type": "text", "text": "good"}], "stop_reason": "end_turn"}}),
    # Gemini
    gemini("plain", parts({"text": "good"})),
    gemini("no-role", {"candidates": [{"content": {"parts": [{"text": "good"}]}, "finishReason": "STOP"}]}),
    gemini("parts-map", {"candidates": [{"content": {"parts": {"text": "good"}}, "finishReason": "STOP"}]}),
    gemini("candidates-map", {"candidates": {"content": {"parts": [{"text": "good"}]}, "finishReason": "STOP"}}),
    gemini("snake", {"candidates": [{"content": {"parts": [{"text": "good", "thought_signature": None}]}, "finish_reason": "STOP", "safety_ratings": []}], "usage_metadata": {"prompt_token_count": 3, "candidates_token_count": 2}, "model_version": "g"}, usage=(3, 2)),
    gemini("snake-number", {"candidates": [{"content": {"parts": [{"text": "good"}]}, "finish_reason": 1, "index": 0}]}),
    gemini("in-response", {"response": parts({"text": "good"}), "traceId": "x"}),
    gemini("null-parts", {"candidates": [{"content": {"parts": None}}]}, parts({"text": "good"})),
    gemini("null-content", {"candidates": [{"content": None}]}, parts({"text": "good"})),
    gemini("no-candidates", {"candidates": []}, parts({"text": "good"})),
    gemini("done", parts({"text": "good"}), b"[DONE]"),
    gemini("thought-null", parts({"text": "good", "thought": None, "thoughtSignature": None})),
    gemini("feedback-empty", parts({"text": "good"}, promptFeedback={"safetyRatings": []})),
    gemini("error-empty", parts({"text": "good"}, error={})),
    # Ollama
    ollama("plain", LINE, OVER),
    Case(name="shape-ollama-sse", kind="ollama", reply=stream(LINE, OVER), **GOOD),
    Case(name="shape-ollama-pretty", kind="ollama", reply=[head(200, "application/json") + json.dumps(LINE, indent=1).encode() + json.dumps(OVER, indent=1).encode()], **GOOD),
    Case(name="shape-ollama-whole", kind="ollama", reply=whole({"message": {"content": "good"}, "done": True}), **GOOD),
    ollama("content-null", {"message": {"content": None}, "done": False}, LINE, OVER),
    ollama("message-null", {"message": None, "done": False}, LINE, OVER),
    ollama("blank-lines", LINE, OVER),
    ollama("content-parts", {"message": {"content": [{"type": "text", "text": "good"}]}, "done": False}, OVER),
    ollama("error-empty", LINE | {"error": ""}, OVER | {"error": None}),
    # OpenRouter
    Case(name="shape-router-error-null", kind="openrouter", reply=stream(chunk(content="good") | {"error": None, "provider": "X"}, chunk("stop")), **GOOD),
    Case(name="shape-router-choice-error", kind="openrouter", reply=stream(chunk(content="good"), {"choices": [{"index": 0, "delta": {}, "finish_reason": "error", "error": {"code": 502, "message": "gone"}}]}), not_whole=True),
    Case(name="shape-router-body-choice-error", kind="openrouter", reply=whole({"choices": [{"message": {"content": ""}, "finish_reason": None, "error": {"code": 429, "message": "slow"}}]}), request={"stream": False}, not_whole=True),
]  # fmt: skip
