"""Good replies with one more odd detail, byte by byte (kind A9), and what is next to nothing (A10)."""

import json
from typing import Any

from helpers.field.case import Case
from helpers.field.oddities import OK, WHOLE
from helpers.field.replies.shapes import body, claude, gemini, ollama, parts, raw, said, streamed
from helpers.providers.byte_server import chunk, events, head, stream, whole

EVENTS, TEXT = events(*OK), json.dumps(WHOLE).encode()


def with_text(name: str, written: bytes, text: str) -> Case:
    """Write the text of the first event so."""
    return raw(f"text-{name}", EVENTS.replace(b'"good"', b'"' + written + b'"'), text=text)


def in_body(name: str, old: bytes, new: bytes, **more: Any) -> Case:
    return raw(f"body-{name}", TEXT.replace(old, new), "application/json", **more)


NONE: dict[str, Any] = {"text": None, "finish": None, "outcome": "empty_reply"}
NOT: dict[str, Any] = {"text": None, "finish": None, "not_whole": True}

CASES = [
    with_text("tab", b"go\tod", "go\tod"),
    with_text("controls", b"go\x01\x1fod", "go\x01\x1fod"),
    with_text("escape", b"go\x1b[0mod", "go\x1b[0mod"),
    with_text("low-surrogate", b"go\\ude00od", "go\ufffdod"),
    with_text("turned-surrogates", b"go\\ude00\\ud83dod", "go\ufffd\ufffdod"),
    with_text("surrogate-and-text", b"go\\ud83dxod", "go\ufffdxod"),
    with_text("surrogate-pair", b"go\\ud83d\\ude00od", "go\U0001f600od"),
    with_text("half-utf-8", b"go\xf0\x9f\x98od", "go\ufffdod"),
    with_text("overlong", b"go\xc0\xafod", "go\ufffd\ufffdod"),
    with_text("latin", b"gr\xfcn", "gr\ufffdn"),
    with_text("utf-8-surrogate", b"go\xed\xa0\xbdod", "go\ufffd\ufffd\ufffdod"),
    with_text("bom-inside", b"go\xef\xbb\xbfod", "go\ufeffod"),
    with_text("line-separator", b"go\xe2\x80\xa8od", "go\u2028od"),
    with_text("next-line", b"go\xc2\x85od", "go\x85od"),
    with_text("nul-escape", b"go\\u0000od", "go\0od"),
    with_text("slash", b"go\\/od", "go/od"),
    with_text("path", b"C:\\\\good", "C:\\good"),
    with_text("hex-escape", b"go\\x41od", "go\\x41od"),
    in_body("nan", b'"choices"', b'"created": NaN, "choices"'),
    in_body("huge", b'"choices"', b'"created": 1e999, "choices"'),
    in_body("long-number", b'"choices"', b'"created": ' + b"9" * 400 + b', "choices"'),
    in_body("plus", b'"choices"', b'"created": 1.0E+2, "choices"'),
    in_body("twice", b'"choices"', b'"choices": null, "choices"'),
    in_body("deep", b'"choices"', b'"x": ' + b"[" * 200 + b"]" * 200 + b', "choices"'),
    in_body("empty-key", b'"choices"', b'"": 1, "choices"'),
    in_body("created-text", b'"choices"', b'"created": "1", "choices"'),
    in_body("id-null", b'"choices"', b'"id": null, "object": null, "model": null, "choices"'),
    in_body("model-list", b'"choices"', b'"model": ["m"], "choices"'),
    in_body("model-map", b'"choices"', b'"model": {"id": "m"}, "choices"'),
    in_body("usage-text", b'"choices"', b'"usage": "", "choices"'),
    in_body("usage-nan", b'"choices"', b'"usage": {"prompt_tokens": NaN, "completion_tokens": -1}, "choices"'),
    in_body("usage-null-counts", b'"choices"', b'"usage": {"prompt_tokens": null, "completion_tokens": null}, "choices"'),
    in_body("usage-details-list", b'"choices"', b'"usage": {"prompt_tokens": 1, "completion_tokens": 1, "prompt_tokens_details": []}, "choices"'),
    in_body("error-false", b'"choices"', b'"error": false, "choices"'),
    in_body("error-text-null", b'"choices"', b'"error": "null", "choices"'),
    in_body("error-text-none", b'"choices"', b'"error": "None", "choices"'),
    in_body("error-list", b'"choices"', b'"error": [], "choices"'),
    in_body("error-nested-null", b'"choices"', b'"error": {"message": null}, "choices"'),
    in_body("errors", b'"choices"', b'"errors": null, "choices"'),
    in_body("detail-empty", b'"choices"', b'"detail": "", "choices"'),
    in_body("message-ok", b'"choices"', b'"message": "OK", "choices"'),
    in_body("code-200", b'"choices"', b'"code": "200", "choices"'),
    in_body("status-success", b'"choices"', b'"status": "success", "choices"'),
    in_body("warnings", b'"choices"', b'"warnings": ["slow"], "choices"'),
    in_body("newline-end", b"}]}", b"}]}\n\n\n"),
    in_body("newline-start", b'{"choices"', b'\n\n\n{"choices"'),
    in_body("nul-end", b"}]}", b"}]}\0"),
    in_body("semicolon", b"}]}", b"}]};"),
    in_body("comma-end", b"}]}", b"}]},"),
    in_body("done-behind", b"}]}", b"}]}\ndata: [DONE]\n\n"),
    body("tools-false", said(content="good", tool_calls=False, function_call=False)),
    body("tools-zero", said(content="good", tool_calls=0)),
    body("tools-map", said(content="good", tool_calls={})),
    body("tools-nameless", said(content="good", tool_calls=[{"id": "", "type": "function", "function": {"name": "", "arguments": ""}}])),
    body("tools-empty-object", said(content="good", tool_calls=[{}])),
    body("function-empty-text", said(content="good", function_call="")),
    body("function-null-name", said(content="good", function_call={"name": None, "arguments": None})),
    body("reasoning-map", said(content="good", reasoning={})),
    body("reasoning-list", said(content="good", reasoning_content=[])),
    body("details-null", said(content="good", reasoning_details=None, thinking_blocks=None)),
    body("audio-null", said(content="good", audio=None, images=[], annotations=[])),
    body("logprobs-map", {"choices": [{"message": {"content": "good"}, "logprobs": {"content": None}, "finish_reason": "stop"}]}),
    streamed("nameless-call", chunk(content="good", tool_calls=[{"index": 0, "id": "", "function": {"name": "", "arguments": ""}}]), chunk("stop")),
    streamed("tool-calls-text", chunk(content="good", tool_calls=""), chunk("stop", tool_calls="")),
    streamed("delta-text-null", {"choices": [{"index": 0, "delta": "good"}]}, {"choices": [{"index": 0, "delta": "", "finish_reason": "stop"}]}),
    streamed("finish-null-text", chunk("null", content="go"), chunk("null", content="od"), chunk("stop")),
    streamed("usage-each-null", chunk(content="good") | {"usage": None}, chunk("stop") | {"usage": None}),
    streamed("usage-each-empty", chunk(content="good") | {"usage": {}}, chunk("stop") | {"usage": {}}),
    streamed("usage-each-list", chunk(content="good") | {"usage": []}, chunk("stop") | {"usage": []}),
    streamed("error-each-null", chunk(content="good") | {"error": None}, chunk("stop") | {"error": ""}),
    streamed("after-done", chunk(content="good"), chunk("stop"), b"[DONE]", chunk(content="bad"), done=False),
    streamed("after-done-error", chunk(content="good"), chunk("stop"), b"[DONE]", {"error": {"message": "late"}}, done=False),
    streamed("content-filter-chunk", {"choices": [{"index": 0, "finish_reason": None, "content_filter_results": {}, "content_filter_offsets": {"check_offset": 1}}]}, chunk(content="good"), chunk("stop")),
    raw("retry-only", b"retry: 3000\n\n" + EVENTS),
    raw("id-each", b"".join(b"id: %d\n%b\n\n" % (at, each) for at, each in enumerate(EVENTS.split(b"\n\n")) if each)),
    raw("comment-inside", EVENTS.replace(b"data: {", b": x\ndata: {")),
    raw("event-after-data", EVENTS.replace(b"\n\n", b"\nevent: message\n\n")),
    raw("mixed-ends", EVENTS.replace(b"\n\n", b"\r\n\n", 1)),
    raw("three-newlines", EVENTS.replace(b"\n\n", b"\n\n\n")),
    raw("spaces-on-blank-line", EVENTS.replace(b"\n\n", b"\n  \n")),
    raw("no-done-newline", EVENTS.rstrip(b"\n")),
    raw("done-glued", EVENTS.replace(b"data: [DONE]", b"data:[DONE]")),
    raw("done-spaces", EVENTS.replace(b"data: [DONE]", b"data:  [DONE] ")),
    raw("done-json", EVENTS.replace(b"[DONE]", b'{"done": true}')),
    raw("html-comment", b"<!-- proxy -->\n" + EVENTS, **NOT),
    claude("nan", b'{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"good"},"p":NaN}', {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": None}}),
    claude("bad-utf-8", b'{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"caf\xe9"}}', {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}, text="caf\ufffd"),
    claude("surrogate", b'{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"go\\ud83dod"}}', {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}, text="go\ufffdod"),
    gemini("bad-utf-8", b'{"candidates":[{"content":{"parts":[{"text":"caf\xe9"}]},"finishReason":"STOP"}]}', text="caf\ufffd"),
    gemini("surrogate", b'{"candidates":[{"content":{"parts":[{"text":"go\\ud83dod"}]},"finishReason":"STOP"}]}', text="go\ufffdod"),
    gemini("nan", b'{"candidates":[{"content":{"parts":[{"text":"good"}]},"finishReason":"STOP","avgLogprobs":NaN}]}'),
    gemini("usage-list", parts({"text": "good"}, usageMetadata=[])),
    gemini("error-null-message", parts({"text": "good"}, error={"message": ""})),
    claude("error-blank", {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "good"}}, {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}, {"error": {"message": "", "code": 0}}),
    ollama("error-blank", {"message": {"content": "good"}, "done": True, "error": {"message": ""}}),
    Case(name="shape-claude-body-error-blank", kind="anthropic", reply=whole({"content": [{"type": "text", "text": "good"}], "stop_reason": "end_turn", "error": {"message": None}}), request={"stream": False}, text="good"),
    Case(name="shape-responses-error-blank", lines=('api = "responses"',), reply=whole({"status": "completed", "error": {"message": "", "code": None}, "output": [{"type": "message", "content": [{"type": "output_text", "text": "good"}]}]}), request={"stream": False}, text="good"),
    gemini("index-text", {"candidates": [{"index": "0", "content": {"parts": [{"text": "good"}]}, "finishReason": "STOP"}]}),
    Case(name="shape-ollama-bad-utf-8", kind="ollama", reply=[head(200, "application/x-ndjson") + b'{"message":{"content":"caf\xe9"},"done":true}\n'], text="caf\ufffd"),
    Case(name="shape-ollama-surrogate", kind="ollama", reply=[head(200, "application/x-ndjson") + b'{"message":{"content":"go\\ud83dod"},"done":true}\n'], text="go\ufffdod"),
    ollama("tools-text", {"message": {"content": "good", "tool_calls": ""}, "done": True}),
    ollama("counts-text", {"message": {"content": "good"}, "done": True, "eval_count": "", "prompt_eval_count": None}),
    Case(name="shape-responses-bad-utf-8", lines=('api = "responses"',), reply=stream(b'{"type":"response.output_text.delta","delta":"caf\xe9"}', {"type": "response.completed", "response": {"status": "completed"}}, done=False), text="caf\ufffd"),
    Case(name="shape-responses-surrogate", lines=('api = "responses"',), reply=stream(b'{"type":"response.output_text.delta","delta":"go\\ud83dod"}', {"type": "response.completed", "response": {"status": "completed"}}, done=False), text="go\ufffdod"),
    # next to nothing
    streamed("nothing-but-role", chunk(role="assistant", content=""), chunk(content=""), chunk("stop"), **NONE),
    streamed("nothing-but-usage", {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 0}}, **NOT),
    streamed("nothing-empty-parts", chunk(content=[]), chunk("stop"), **NONE),
    streamed("nothing-details", chunk(reasoning_details=[{"type": "reasoning.encrypted", "data": "x", "index": 0}]), chunk("stop"), **NONE),
    body("nothing-blank-fields", said(content="", refusal="", reasoning_content="", tool_calls=[]), **NONE),
    gemini("nothing-signature", parts({"text": "", "thoughtSignature": "c2ln"}), **NONE),
    gemini("nothing-thought-signature", parts({"text": "hm", "thought": True, "thoughtSignature": "c2ln"}), **NONE),
    gemini("nothing-no-parts", {"candidates": [{"content": {"role": "model"}, "finishReason": "STOP"}], "usageMetadata": {"promptTokenCount": 8, "thoughtsTokenCount": 25}}, **NONE),
    claude("nothing-empty-text", {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}, {"type": "content_block_stop", "index": 0}, {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}, **NONE),
    claude("nothing-redacted", {"type": "content_block_start", "index": 0, "content_block": {"type": "redacted_thinking", "data": "x"}}, {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}, **NONE),
    ollama("nothing-thinking", {"message": {"content": "", "thinking": "hm"}, "done": True, "done_reason": "stop"}, **NONE),
    Case(name="shape-responses-nothing", lines=('api = "responses"',), reply=whole({"status": "completed", "output": [{"type": "message", "content": []}]}), request={"stream": False}, outcome="empty_reply"),
]  # fmt: skip
