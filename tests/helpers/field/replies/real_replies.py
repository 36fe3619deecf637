"""What vendors really gave, with the details that clients lost (kinds B1 to B7, and A12)."""

from typing import Any

from helpers.field.calls import ONE, piece
from helpers.field.case import Case
from helpers.field.replies.shapes import (
    DELTA,
    END,
    START,
    body,
    claude,
    gemini,
    ollama,
    parts,
    raw,
    said,
    streamed,
)
from helpers.providers.byte_server import chunk, stream, whole

RESPONSES = ('api = "responses"',)


def both(name: str, message: dict[str, Any], delta: object, **more: Any) -> Case:
    return body(
        name,
        {"choices": [{"index": 0, "message": message, "delta": delta, "finish_reason": "stop"}]},
        **more,
    )


CALL = {"type": "tool_use", "id": "t1", "name": "look", "input": {"at": "sea"}}
TOOL_END = (
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}},
    {"type": "message_stop"},
)


def begun(*content: object, **more: object) -> dict[str, Any]:
    return {
        "type": "message_start",
        "message": {"role": "assistant", "content": list(content), **more},
    }


CASES = [
    # B1: message and delta in one choice
    both("both-empty-delta", {"role": "assistant", "content": "good"}, {"role": "assistant", "content": ""}),
    both("both-null-delta", {"role": "assistant", "content": "good"}, None),
    both("both-bare-delta", {"role": "assistant", "content": "good"}, {}),
    both("both-same", {"role": "assistant", "content": "good"}, {"role": "assistant", "content": "good"}),
    both("both-empty-message", {"role": "assistant", "content": ""}, {"role": "assistant", "content": "good"}),
    both("both-null-message", {"role": "assistant", "content": None}, {"content": "good"}),
    streamed("both-in-stream", {"choices": [{"index": 0, "delta": {"content": "go"}, "message": {"content": "go"}}]}, {"choices": [{"index": 0, "delta": {"content": "od"}, "message": {"content": "good"}, "finish_reason": "stop"}]}),
    streamed("both-last-empty-delta", chunk(content="good"), {"choices": [{"index": 0, "delta": {"content": ""}, "message": {"content": "good"}, "finish_reason": "stop"}]}),
    streamed("both-snapshots", *({"choices": [{"index": 0, "delta": {"content": ""}, "message": {"content": text}, "finish_reason": end}]} for text, end in (("g", None), ("go", None), ("good", "stop")))),
    body("both-call", {"choices": [{"message": {"content": None, "tool_calls": [piece(*ONE, id="a")]}, "delta": {}, "finish_reason": "tool_calls"}]}, text=None, finish="tool_calls", calls=[ONE]),
    # B2, B6: the start of Anthropic's messages
    claude("start-with-text", begun({"type": "text", "text": "good"}), *END),
    claude("start-with-stop", begun({"type": "text", "text": "good"}, stop_reason="end_turn"), {"type": "message_stop"}),
    claude("start-with-stop-only", begun({"type": "text", "text": "good"}, stop_reason="end_turn")),
    claude("start-with-call", begun(CALL, stop_reason="tool_use"), *TOOL_END, text=None, finish="tool_calls", calls=[("look", '{"at": "sea"}')]),
    claude("start-with-call-again", begun(CALL), {"type": "content_block_start", "index": 0, "content_block": CALL}, {"type": "content_block_stop", "index": 0}, *TOOL_END, text=None, finish="tool_calls", calls=[("look", '{"at": "sea"}')]),
    claude("start-with-two-calls", begun(CALL, {**CALL, "id": "t2", "name": "listen"}), *TOOL_END, text=None, finish="tool_calls", calls=[("look", '{"at": "sea"}'), ("listen", '{"at": "sea"}')]),
    claude("start-twice-at-once", begun(), begun(), START, DELTA, *END),
    claude("second-start", begun(), START, DELTA, begun(), START, DELTA, *END, text=None, finish=None, not_whole=True),
    claude("second-start-in-call", begun(), {"type": "content_block_start", "index": 0, "content_block": {**CALL, "input": {}}}, {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": '{"at":'}}, begun(), {"type": "content_block_start", "index": 0, "content_block": {**CALL, "input": {}}}, {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": '{"at":"sea"}'}}, *TOOL_END, text=None, finish=None, not_whole=True),
    claude("text-in-start-and-delta", {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "go"}}, {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "od"}}, *END),
    claude("thinking-then-text", {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}}, {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}}, {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "s"}}, {"type": "content_block_stop", "index": 0}, {**START, "index": 1}, {**DELTA, "index": 1}, *END),
    claude("delta-of-other-index", START, {**DELTA, "index": 5}, *END),
    claude("text-delta-in-thinking", {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}}, DELTA, *END),
    # of Gemini (B3)
    gemini("signature-alone", parts({"text": "good"}, {"text": "", "thoughtSignature": "c2ln"})),
    gemini("signature-on-text", parts({"text": "good", "thoughtSignature": "c2ln"})),
    gemini("code", parts({"executableCode": {"language": "PYTHON", "code": "1"}, "thoughtSignature": "c2ln"}, {"text": "good"})),
    gemini("partial-args", {"candidates": [{"content": {"parts": [{"functionCall": {"name": "look", "willContinue": True}}]}}]}, {"candidates": [{"content": {"parts": [{"functionCall": {"partialArgs": [{"jsonPath": "$.at", "stringValue": "se", "willContinue": True}], "willContinue": True}}]}}]}, {"candidates": [{"content": {"parts": [{"functionCall": {"partialArgs": [{"jsonPath": "$.at", "stringValue": "a"}]}}]}, "finishReason": "STOP"}]}, text=None, finish="tool_calls", calls=[ONE]),
    gemini("two-texts", parts({"text": "go"}, {"text": "od"})),
    gemini("second-candidate", {"candidates": [{"index": 0, "content": {"parts": [{"text": "good"}]}, "finishReason": "STOP"}, {"index": 1, "content": {"parts": [{"text": "bad"}]}, "finishReason": "STOP"}]}),
    gemini("empty-part", parts({}, {"text": "good"})),
    # beside the answer
    body("annotations", said(content="good", annotations=[{"type": "url_citation", "url_citation": {"url": "https://example.org", "title": "t", "start_index": 0, "end_index": 4}}])),
    body("citations", {**said(content="good"), "citations": ["https://example.org"], "search_results": [{"title": "t", "url": "https://example.org"}]}),
    body("images", said(content="good", images=[{"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}])),
    body("two-choices", {"choices": [{"index": 0, "message": {"content": "good"}, "finish_reason": "stop"}, {"index": 1, "message": {"content": "bad"}, "finish_reason": "stop"}]}),
    body("choices-turned", {"choices": [{"index": 1, "message": {"content": "bad"}, "finish_reason": "length"}, {"index": 0, "message": {"content": "good"}, "finish_reason": "stop"}]}),
    streamed("two-choices-stream", {"choices": [{"index": 1, "delta": {"content": "bad"}}]}, {"choices": [{"index": 0, "delta": {"content": "good"}}]}, {"choices": [{"index": 1, "delta": {}, "finish_reason": "length"}]}, chunk("stop")),
    streamed("details", chunk(reasoning_details=[{"type": "reasoning.text", "text": "hm", "index": 0}]), chunk(content="good"), chunk("stop")),
    Case(name="shape-router-details", kind="openrouter", reply=stream(chunk(reasoning="hm", reasoning_details=[{"type": "reasoning.text", "text": "hm", "format": "anthropic-claude-v1", "index": 0}]), chunk(content="good"), chunk("stop")), text="good", finish="stop"),
    ollama("thinking", {"message": {"content": "", "thinking": "hm"}, "done": False}, {"message": {"content": "good"}, "done": True, "done_reason": "stop"}),
    ollama("all-in-last", {"message": {"content": "good"}, "done": True}),
    # several in one
    raw("error-named-but-fine", b"event: message\ndata: " + b'{"choices":[{"index":0,"delta":{"content":"good"}}]}\n\n' + b"event: done\ndata: [DONE]\n\n"),
    raw("two-per-event", b'data: {"choices":[{"index":0,"delta":{"content":"go"}}]}{"choices":[{"index":0,"delta":{"content":"od"},"finish_reason":"stop"}]}\n\n'),
    raw("two-per-event-lines", b'data: {"choices":[{"index":0,"delta":{"content":"go"}}]}\ndata: {"choices":[{"index":0,"delta":{"content":"od"},"finish_reason":"stop"}]}\n\n'),
    raw("pretty", b'data: {\ndata:   "choices": [{"index": 0, "delta": {"content": "good"},\ndata:   "finish_reason": "stop"}]\ndata: }\n\n'),
    raw("list-in-event", b'data: [{"choices":[{"index":0,"delta":{"content":"good"},"finish_reason":"stop"}]}]\n\n'),
    raw("base64", b"data: " + b"eyJhIjoxfQ==\n\n", text=None, finish=None, not_whole=True),
    raw("error-then-nothing", b'data: {"error":{"message":"gone"}}\n\n', text=None, finish=None, not_whole=True),
    raw("html-in-stream", b"data: <html><body>502 Bad Gateway</body></html>\n\n", text=None, finish=None, not_whole=True),
    raw("half-then-html", b'data: {"choices":[{"index":0,"delta":{"content":"go"}}]}\n\n<html>502</html>', text=None, finish=None, not_whole=True),
    raw("half-then-error-text", b'data: {"choices":[{"index":0,"delta":{"content":"go"}}]}\n\nInternal Server Error', text=None, finish=None, not_whole=True),
    raw("half-then-done", b'data: {"choices":[{"index":0,"delta":{"content":"go"}}]}\n\ndata: {"error":"gone"}\n\ndata: [DONE]\n\n', text=None, finish=None, not_whole=True),
    raw("half-then-cut-json", b'data: {"choices":[{"index":0,"delta":{"content":"go"}}]}\n\ndata: {"choices":[{"ind\n\ndata: [DONE]\n\n', text=None, finish=None, not_whole=True),
    raw("half-then-detail", b'data: {"choices":[{"index":0,"delta":{"content":"go"}}]}\n\ndata: {"detail":"gone"}\n\ndata: [DONE]\n\n', text=None, finish=None, not_whole=True),
    raw("half-then-message", b'data: {"choices":[{"index":0,"delta":{"content":"go"}}]}\n\ndata: {"object":"error","message":"gone","code":500}\n\ndata: [DONE]\n\n', text=None, finish=None, not_whole=True),
    raw("half-then-event-error", b'data: {"choices":[{"index":0,"delta":{"content":"go"}}]}\n\nevent: error\ndata: gone\n\ndata: [DONE]\n\n', text=None, finish=None, not_whole=True),
    raw("half-then-text", b'data: {"choices":[{"index":0,"delta":{"content":"go"}}]}\n\ndata: upstream timed out\n\ndata: [DONE]\n\n', text=None, finish=None, not_whole=True),
    raw("half-then-code", b'data: {"choices":[{"index":0,"delta":{"content":"go"}}]}\n\ndata: {"code":500,"msg":"gone"}\n\ndata: [DONE]\n\n', text=None, finish=None, not_whole=True),
    raw("half-then-base-resp", b'data: {"choices":[{"index":0,"delta":{"content":"go"}}]}\n\ndata: {"base_resp":{"status_code":1013,"status_msg":"gone"},"choices":null}\n\ndata: [DONE]\n\n', text=None, finish=None, not_whole=True),
    raw("half-then-error-type", b'data: {"choices":[{"index":0,"delta":{"content":"go"}}]}\n\ndata: {"choices":null,"error_type":"X","error_message":"gone"}\n\ndata: [DONE]\n\n', text=None, finish=None, not_whole=True),
    Case(name="shape-claude-half-then-plain-error", kind="anthropic", reply=stream(START, DELTA, {"error": {"message": "gone"}}, {"type": "message_stop"}, done=False), not_whole=True),
    Case(name="shape-claude-half-then-detail", kind="anthropic", reply=stream(START, DELTA, {"detail": "gone"}, {"type": "message_stop"}, done=False), not_whole=True),
    Case(name="shape-gemini-half-then-detail", kind="gemini", reply=stream({"candidates": [{"content": {"parts": [{"text": "go"}]}}]}, {"detail": "gone"}, done=False), not_whole=True),
    Case(name="shape-gemini-error-list", kind="gemini", reply=whole([{"error": {"code": 429, "message": "slow", "status": "RESOURCE_EXHAUSTED"}}]), not_whole=True),
    Case(name="shape-responses-half-then-detail", lines=RESPONSES, reply=stream({"type": "response.output_text.delta", "delta": "go"}, {"detail": "gone"}, {"type": "response.completed", "response": {"status": "completed"}}, done=False), not_whole=True),
    streamed("completion", {"choices": [{"index": 0, "text": "go"}]}, {"choices": [{"index": 0, "text": "od", "finish_reason": "stop"}]}),
    body("completion-body", {"object": "text_completion", "choices": [{"index": 0, "text": "good", "finish_reason": "stop"}]}),
    streamed("delta-text", {"choices": [{"index": 0, "delta": {"text": "good"}}]}, chunk("stop")),
    body("message-text", {"choices": [{"index": 0, "message": {"text": "good"}, "finish_reason": "stop"}]}),
]  # fmt: skip
