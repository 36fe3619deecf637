"""How replies of every API end, and what that means (kinds A5 and A10)."""

import json
from typing import Any

from helpers.field.case import Case
from helpers.providers.byte_server import chunk, head, stream, whole

RESPONSES = ('api = "responses"',)


def chat(name: str, *data: object, done: bool = True, **more: Any) -> Case:
    return Case(name=f"end-{name}", reply=stream(*data, done=done), **more)


def body(name: str, choice: dict[str, Any], **more: Any) -> Case:
    return Case(
        name=f"end-whole-{name}",
        reply=whole({"choices": [choice]}),
        request={"stream": False},
        **more,
    )


def claude(name: str, *data: object, text: str | None = "half of", **more: Any) -> Case:
    said = {
        "type": "content_block_start",
        "index": 0,
        "content_block": {"type": "text", "text": "half of"},
    }
    return Case(
        name=f"end-claude-{name}",
        kind="anthropic",
        reply=stream(said, *data, done=False),
        text=text,
        **more,
    )


def turn(reason: object) -> dict[str, Any]:
    return {"type": "message_delta", "delta": {"stop_reason": reason}}


def gemini(name: str, reason: object, **more: Any) -> Case:
    candidate = {"content": {"parts": [{"text": "half of"}]}, "finishReason": reason}
    return Case(
        name=f"end-gemini-{name}",
        kind="gemini",
        reply=stream({"candidates": [candidate]}, done=False),
        **more,
    )


def ollama(name: str, last: dict[str, Any], **more: Any) -> Case:
    first = {"message": {"content": "half of"}, "done": False}
    data = b"".join(json.dumps(each).encode() + b"\n" for each in (first, last))
    return Case(
        name=f"end-ollama-{name}",
        kind="ollama",
        reply=[head(200, "application/x-ndjson") + data],
        **more,
    )


def responses(name: str, last: dict[str, Any] | None, **more: Any) -> Case:
    first = {
        "type": "response.output_text.delta",
        "output_index": 0,
        "item_id": "m",
        "content_index": 0,
        "delta": "half of",
    }
    return Case(
        name=f"end-responses-{name}",
        lines=RESPONSES,
        reply=stream(first, *([] if last is None else [last]), done=False),
        **more,
    )


def final(kind: str = "completed", **fields: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", "response": {"status": kind, "output": [], **fields}}


SAID = chunk(content="half of")
BAD = {"not_whole": True}
STOP = {"text": "half of", "finish": "stop"}

CASES = [
    # chat completions: where the end is, and what comes with it
    chat("own-chunk", SAID, chunk("stop"), **STOP),
    chat("same-chunk", chunk("stop", content="half of"), **STOP),
    chat("no-done", SAID, chunk("stop"), done=False, **STOP),
    chat("no-reason-but-done", SAID, **STOP),
    chat("in-delta", SAID, {"choices": [{"index": 0, "delta": {"finish_reason": "length"}}]}, text="half of", finish="length"),
    chat("at-top", SAID, {"choices": [{"index": 0, "delta": {}}], "finish_reason": "length"}, text="half of", finish="length"),
    chat("at-top-no-choices", SAID, {"choices": [], "finish_reason": "length"}, text="half of", finish="length"),
    chat("in-message", SAID, {"choices": [{"index": 0, "message": {"finish_reason": "length"}}]}, text="half of", finish="length"),
    chat("camel", SAID, {"choices": [{"index": 0, "delta": {}, "finishReason": "length"}]}, text="half of", finish="length"),
    chat("stop-reason", SAID, {"choices": [{"index": 0, "delta": {}, "finish_reason": None, "stop_reason": "max_tokens"}]}, text="half of", finish="length"),
    chat("no-delta", SAID, {"choices": [{"index": 0, "finish_reason": "stop"}]}, **STOP),
    chat("delta-null", SAID, {"choices": [{"index": 0, "delta": None, "finish_reason": "stop"}]}, **STOP),
    chat("twice", SAID, chunk("stop"), chunk("stop"), **STOP),
    chat("twice-then-empty", SAID, chunk("length"), chunk(""), text="half of", finish="length"),
    chat("twice-then-null", SAID, chunk("length"), chunk(None), text="half of", finish="length"),
    chat("length-then-stop", SAID, chunk("length"), chunk("stop"), text="half of", finish="length"),
    chat("filter-then-stop", SAID, chunk("content_filter"), chunk("stop"), text="half of", finish="content_filter"),
    chat("stop-in-each", chunk("stop", content="half"), chunk("stop", content=" of"), **STOP),
    chat("empty-in-each", chunk("", content="half"), chunk("", content=" of"), chunk("stop"), **STOP),
    chat("list", SAID, chunk(["stop"]), done=False, **BAD),
    chat("map", SAID, chunk({"type": "stop"}), text="half of", finish="stop"),
    chat("map-length", SAID, chunk({"type": "length"}), text="half of", finish="length"),
    chat("zero", SAID, chunk(0), done=False, **BAD),
    chat("true", SAID, chunk(True), done=False, **BAD),
    chat("no", SAID, chunk("False"), done=False, **BAD),
    chat("none-word", SAID, chunk("None"), done=False, **BAD),
    chat("null-upper", SAID, chunk("NULL"), done=False, **BAD),
    chat("dash", SAID, chunk("-"), done=False, **BAD),
    chat("spaces", SAID, chunk("  "), done=False, **BAD),
    chat("upper", SAID, chunk("STOP"), **STOP),
    chat("enum", SAID, chunk("FinishReason.STOP"), **STOP),
    chat("enum-length", SAID, chunk("FinishReason.MAX_TOKENS"), text="half of", finish="length"),
    chat("prefixed", SAID, chunk("FINISH_REASON_STOP"), **STOP),
    chat("prefixed-length", SAID, chunk("FINISH_REASON_MAX_TOKENS"), text="half of", finish="length"),
    chat("camel-length", SAID, chunk("maxTokens"), text="half of", finish="length"),
    chat("camel-turn", SAID, chunk("endTurn"), **STOP),
    chat("bedrock-sequence", SAID, chunk("stopSequence"), **STOP),
    *(
        chat(f"length-{number}", SAID, chunk(reason), text="half of", finish="length")
        for number, reason in enumerate(("max tokens", "MAX_LENGTH", "token_limit_reached", "max_output_reached", "length_capped", "context_limit", "exceeded_context_length", "output_limit", "max_context"))
    ),
    *(
        chat(f"filter-{number}", SAID, chunk(reason), text="half of", finish="content_filter")
        for number, reason in enumerate(("SAFETY", "content-filter", "RECITATION", "PROHIBITED_CONTENT", "blocked_by_policy", "guardrail_intervened", "content_moderation", "risk_control", "safety_filter"))
    ),
    *(
        chat(f"error-{number}", SAID, chunk(reason), code="provider_error")
        for number, reason in enumerate(("error", "timeout", "aborted", "ABORT", "interrupted", "failed", "server_error", "insufficient_system_resource", "preempted", "disconnect", "overloaded", "MALFORMED_FUNCTION_CALL", "rate_limit", "exception", "worker died", "incomplete", "in_progress", "OTHER"))
    ),
    chat("error-before", chunk("abort"), outcome="provider_error"),
    chat("error-with-body", SAID, {"choices": [{"index": 0, "delta": {}, "finish_reason": "error", "error": {"message": "the GPU is gone"}}]}, code="provider_error"),
    chat("error-later", SAID, {"error": {"message": "the GPU is gone"}}, code="provider_error"),
    chat("error-between", SAID, {"error": {"message": "the GPU is gone"}}, chunk("stop"), code="provider_error"),
    chat("error-text-later", SAID, {"error": "the GPU is gone"}, code="provider_error"),
    chat("error-object-later", SAID, {"object": "error", "message": "the GPU is gone", "code": 500}, code="provider_error"),
    chat("error-detail-later", SAID, {"detail": "the GPU is gone"}, code="provider_error"),
    chat("other-choice-ends", SAID, {"choices": [{"index": 1, "delta": {}, "finish_reason": "stop"}]}, done=False, **BAD),
    chat("native-only", SAID, {"choices": [{"index": 0, "delta": {}, "finish_reason": None, "native_finish_reason": "MAX_TOKENS"}]}, text="half of", finish="length"),
    chat("usage-is-no-end", SAID, {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1}}, done=False, **BAD),
    chat("done-lower", SAID, chunk("stop"), b"[done]", done=False, **STOP),
    chat("done-quoted", SAID, chunk("stop"), b'"[DONE]"', done=False, **STOP),
    chat("done-early", b"[DONE]", SAID, chunk("stop"), **BAD),
    chat("done-only", done=True, **BAD),
    chat("done-bare", SAID, chunk("stop"), b"DONE", done=False, **STOP),
    chat("end-event", SAID, chunk("stop"), b"<|end|>", done=False, **STOP),
    chat("pings-only", b": ping", b": ping", done=False, **BAD),
    Case(name="end-comments-only", reply=[head() + b": ping\n\n" * 5], not_whole=True),
    Case(name="end-nothing-at-all", reply=[head()], not_whole=True),
    Case(name="end-blank", reply=[head() + b"\n\n\n"], not_whole=True),
    Case(name="end-204", reply=[b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n"], not_whole=True),
    Case(name="end-200-length-0", reply=whole(b""), not_whole=True),
    Case(name="end-202", reply=whole({"id": "job"}, 202), not_whole=True),
    Case(name="end-empty-object", reply=whole({}), not_whole=True),
    Case(name="end-empty-list", reply=whole([]), not_whole=True),
    Case(name="end-body-null", reply=whole(None), not_whole=True),
    Case(name="end-body-true", reply=whole(True), not_whole=True),
    Case(name="end-text", reply=whole(b"OK", kind="text/plain"), not_whole=True),
    Case(name="end-quoted", reply=whole("OK"), not_whole=True),
    # whole replies
    body("plain", {"message": {"content": "half of"}, "finish_reason": "stop"}, **STOP),
    body("no-reason", {"message": {"content": "half of"}}, **STOP),
    body("empty-reason", {"message": {"content": "half of"}, "finish_reason": ""}, **STOP),
    body("null-reason", {"message": {"content": "half of"}, "finish_reason": None}, **STOP),
    body("max", {"message": {"content": "half of"}, "finish_reason": "MAX_TOKENS"}, text="half of", finish="length"),
    body("network", {"message": {"content": "half of"}, "finish_reason": "network_error"}, **BAD),
    body("abort", {"message": {"content": "half of"}, "finish_reason": "abort"}, **BAD),
    body("error", {"message": {"content": "half of"}, "finish_reason": "error"}, **BAD),
    body("sensitive", {"message": {"content": "half of"}, "finish_reason": "sensitive"}, text="half of", finish="content_filter"),
    body("in-message", {"message": {"content": "half of", "finish_reason": "length"}}, text="half of", finish="length"),
    body("nothing", {"message": {"content": None}, "finish_reason": "stop"}, outcome="empty_reply"),
    body("no-message", {"finish_reason": "stop"}, outcome="empty_reply"),
    body("no-content", {"message": {"role": "assistant"}, "finish_reason": "stop"}, outcome="empty_reply"),
    body("empty-list", {"message": {"content": []}, "finish_reason": "stop"}, outcome="empty_reply"),
    body("empty-part", {"message": {"content": [{"type": "text", "text": ""}]}, "finish_reason": "stop"}, outcome="empty_reply"),
    body("thought", {"message": {"content": "", "reasoning_content": "hm"}, "finish_reason": "stop"}, outcome="empty_reply"),
    body("nothing-length", {"message": {"content": ""}, "finish_reason": "length"}, text="", finish="length"),
    body("refusal", {"message": {"content": None, "refusal": "I will not."}, "finish_reason": "stop"}, text="I will not.", finish="refusal"),
    Case(name="end-whole-cut", reply=[head(200, "application/json", "content-length: 500") + b'{"choices":[{"message":{"content":"half of'], request={"stream": False}, not_whole=True),
    Case(name="end-whole-cut-clean", reply=[head(200, "application/json") + b'{"choices":[{"message":{"content":"half of'], request={"stream": False}, not_whole=True),
    Case(name="end-whole-cut-late", reply=[head(200, "application/json") + b'{"choices":[{"message":{"content":"half of"},"finish_reason":"stop"}]'], request={"stream": False}, not_whole=True),
    Case(name="end-no-choices", reply=whole({"choices": []}), request={"stream": False}, not_whole=True),
    Case(name="end-null-choices", reply=whole({"choices": None, "usage": {"prompt_tokens": 3, "completion_tokens": 0}}), request={"stream": False}, not_whole=True),
    # nothing in a stream
    chat("nothing-null", chunk(role="assistant", content=None), chunk("stop"), outcome="empty_reply"),
    chat("nothing-tool-calls", chunk(tool_calls=[]), chunk("tool_calls"), **BAD),
    chat("nothing-done", chunk(role="assistant"), outcome="empty_reply"),
    chat("nothing-counted", chunk("stop"), {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 0}}, outcome="empty_reply"),
    chat("nothing-thought", chunk(reasoning="hm"), chunk("stop"), outcome="empty_reply"),
    chat("nothing-length", chunk(reasoning="hm"), chunk("length"), finish="length"),
    chat("nothing-filter", chunk("content_filter"), finish="content_filter"),
    # Anthropic
    claude("stop", turn("end_turn"), {"type": "message_stop"}, finish="stop"),
    claude("no-message-stop", turn("end_turn"), finish="stop"),
    claude("cut", text=None, not_whole=True),
    claude("null", turn(None), text=None, not_whole=True),
    claude("empty", turn(""), text=None, not_whole=True),
    claude("null-text", turn("null"), text=None, not_whole=True),
    claude("max", turn("max_tokens"), {"type": "message_stop"}, finish="length"),
    claude("max-then-null", turn("max_tokens"), turn(None), {"type": "message_stop"}, finish="length"),
    claude("stop-only", {"type": "message_stop"}, finish="stop"),
    claude("window", turn("model_context_window_exceeded"), {"type": "message_stop"}, finish="length"),
    claude("refusal", turn("refusal"), {"type": "message_stop"}, finish="refusal"),
    claude("sequence", turn("stop_sequence"), {"type": "message_stop"}, finish="stop"),
    claude("openai-length", turn("length"), {"type": "message_stop"}, finish="length"),
    claude("openai-filter", turn("content_filter"), {"type": "message_stop"}, finish="content_filter"),
    claude("unknown", turn("abort"), {"type": "message_stop"}, text=None, code="provider_error"),
    claude("error", {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, text=None, not_whole=True),
    claude("error-flat", {"type": "error", "message": "the GPU is gone"}, text=None, code="provider_error"),
    claude("in-event", {"type": "message_delta", "stop_reason": "max_tokens"}, {"type": "message_stop"}, finish="length"),
    claude("in-message-stop", {"type": "message_stop", "message": {"stop_reason": "max_tokens"}}, finish="length"),
    claude("done", b"[DONE]", text=None, not_whole=True),
    claude("stop-then-done", turn("end_turn"), {"type": "message_stop"}, b"[DONE]", finish="stop"),
    claude("delta-then-done", turn("end_turn"), b"[DONE]", finish="stop"),
    Case(name="end-claude-no-text", kind="anthropic", reply=stream({"type": "message_start", "message": {"content": []}}, turn("end_turn"), {"type": "message_stop"}, done=False), outcome="empty_reply"),
    Case(name="end-claude-whole-empty", kind="anthropic", reply=whole({"content": [], "stop_reason": "end_turn"}), request={"stream": False}, outcome="empty_reply"),
    Case(name="end-claude-whole-null", kind="anthropic", reply=whole({"content": [{"type": "text", "text": "half of"}], "stop_reason": None}), request={"stream": False}, **STOP),
    Case(name="end-claude-whole-abort", kind="anthropic", reply=whole({"content": [{"type": "text", "text": "half of"}], "stop_reason": "abort"}), request={"stream": False}, **BAD),
    Case(name="end-claude-thought", kind="anthropic", reply=stream({"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "hm"}}, turn("end_turn"), {"type": "message_stop"}, done=False), outcome="empty_reply"),
    # Gemini
    gemini("stop", "STOP", **STOP),
    gemini("lower", "stop", **STOP),
    gemini("max", "MAX_TOKENS", text="half of", finish="length"),
    *(gemini(f"filter-{number}", reason, text="half of", finish="content_filter") for number, reason in enumerate(("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE", "IMAGE_SAFETY", "IMAGE_RECITATION", "IMAGE_PROHIBITED_CONTENT"))),
    *(gemini(f"error-{number}", reason, not_whole=True) for number, reason in enumerate(("OTHER", "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MALFORMED_RESPONSE", "SOMETHING_NEW"))),
    gemini("unspecified", "FINISH_REASON_UNSPECIFIED", not_whole=True),
    gemini("empty", "", not_whole=True),
    gemini("null", None, not_whole=True),
    gemini("zero", 0, not_whole=True),
    gemini("one", 1, **STOP),
    gemini("two", 2, text="half of", finish="length"),
    gemini("three", 3, text="half of", finish="content_filter"),
    Case(name="end-gemini-snake", kind="gemini", reply=stream({"candidates": [{"content": {"parts": [{"text": "half of"}]}, "finish_reason": "MAX_TOKENS"}]}, done=False), text="half of", finish="length"),
    Case(name="end-gemini-no-content", kind="gemini", reply=stream({"candidates": [{"finishReason": "STOP"}]}, done=False), outcome="empty_reply"),
    Case(name="end-gemini-thought", kind="gemini", reply=stream({"candidates": [{"content": {"parts": [{"text": "hm", "thought": True}]}, "finishReason": "STOP"}]}, done=False), outcome="empty_reply"),
    Case(name="end-gemini-empty-text", kind="gemini", reply=stream({"candidates": [{"content": {"parts": [{"text": ""}]}, "finishReason": "STOP"}]}, done=False), outcome="empty_reply"),
    Case(name="end-gemini-max-nothing", kind="gemini", reply=stream({"candidates": [{"content": {"role": "model"}, "finishReason": "MAX_TOKENS"}]}, done=False), text="", finish="length"),
    Case(name="end-gemini-no-candidates", kind="gemini", reply=stream({"usageMetadata": {"promptTokenCount": 3}}, done=False), not_whole=True),
    Case(name="end-gemini-blocked", kind="gemini", reply=stream({"promptFeedback": {"blockReason": "SAFETY"}}, done=False), not_whole=True),
    Case(name="end-gemini-whole-none", kind="gemini", reply=whole({"candidates": [{"content": {"parts": [{"text": "half of"}]}}]}), request={"stream": False}, **STOP),
    Case(name="end-gemini-whole-other", kind="gemini", reply=whole({"candidates": [{"content": {"parts": [{"text": "half of"}]}, "finishReason": "OTHER"}]}), request={"stream": False}, **BAD),
    Case(name="end-gemini-error-later", kind="gemini", reply=stream({"candidates": [{"content": {"parts": [{"text": "half of"}]}}]}, {"error": {"code": 503, "message": "gone", "status": "UNAVAILABLE"}}, done=False), code="overloaded"),
    Case(name="end-gemini-list-cut", kind="gemini", reply=[head(200, "application/json") + b'[{"candidates":[{"content":{"parts":[{"text":"half of"}]}}]},\n'], not_whole=True),
    Case(name="end-gemini-list", kind="gemini", reply=[head(200, "application/json") + b'[{"candidates":[{"content":{"parts":[{"text":"half"}]}}]},\n{"candidates":[{"content":{"parts":[{"text":" of"}]},"finishReason":"STOP"}]}]'], **STOP),
    # Ollama
    ollama("stop", {"message": {"content": ""}, "done": True, "done_reason": "stop"}, **STOP),
    ollama("no-reason", {"message": {"content": ""}, "done": True}, **STOP),
    ollama("empty-reason", {"message": {"content": ""}, "done": True, "done_reason": ""}, **STOP),
    ollama("length", {"message": {"content": ""}, "done": True, "done_reason": "length"}, text="half of", finish="length"),
    ollama("not-done", {"message": {"content": ""}, "done": False, "done_reason": ""}, not_whole=True),
    ollama("reason-but-not-done", {"message": {"content": ""}, "done": False, "done_reason": "stop"}, **STOP),
    ollama("done-text", {"message": {"content": ""}, "done": "true", "done_reason": "stop"}, **STOP),
    ollama("done-one", {"message": {"content": ""}, "done": 1, "done_reason": "stop"}, **STOP),
    ollama("done-without-message", {"done": True, "done_reason": "stop"}, **STOP),
    ollama("unload", {"message": {"content": ""}, "done": True, "done_reason": "unload"}, not_whole=True),
    ollama("error", {"error": "an error was encountered while running the model"}, code="provider_error"),
    ollama("abort", {"message": {"content": ""}, "done": True, "done_reason": "abort"}, code="provider_error"),
    Case(name="end-ollama-empty", kind="ollama", reply=[head(200, "application/x-ndjson") + b'{"message":{"content":""},"done":true,"done_reason":"stop"}\n'], outcome="empty_reply"),
    Case(name="end-ollama-generate", kind="ollama", reply=[head(200, "application/x-ndjson") + b'{"response":"half","done":false}\n{"response":" of","done":false}\n{"response":"","done":true,"done_reason":"stop"}\n'], **STOP),
    Case(name="end-ollama-generate-whole", kind="ollama", reply=whole({"response": "half of", "done": True, "done_reason": "stop"}), request={"stream": False}, **STOP),
    Case(name="end-ollama-whole-not-done", kind="ollama", reply=whole({"message": {"content": "half of"}, "done": False}), request={"stream": False}, **BAD),
    # Responses
    responses("completed", final(), **STOP),
    responses("cut", None, **BAD),
    responses("done", final("done"), **STOP),
    responses("incomplete", final("incomplete", incomplete_details={"reason": "max_output_tokens"}), text="half of", finish="length"),
    responses("incomplete-filter", final("incomplete", incomplete_details={"reason": "content_filter"}), text="half of", finish="content_filter"),
    responses("incomplete-unsaid", final("incomplete"), text="half of", finish="length"),
    responses("completed-but-incomplete", {"type": "response.completed", "response": {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}, "output": []}}, text="half of", finish="length"),
    responses("completed-but-failed", {"type": "response.completed", "response": {"status": "failed", "error": {"code": "server_error", "message": "gone"}, "output": []}}, code="provider_error"),
    responses("completed-in-progress", {"type": "response.completed", "response": {"status": "in_progress", "output": []}}, **STOP),
    responses("completed-bare", {"type": "response.completed"}, **STOP),
    responses("completed-null", {"type": "response.completed", "response": None}, **STOP),
    responses("failed", final("failed", error={"code": "server_error", "message": "gone"}), code="provider_error"),
    responses("cancelled", final("cancelled"), code="provider_error"),
    responses("error", {"type": "error", "code": "server_error", "message": "gone"}, code="provider_error"),
    Case(name="end-responses-done-mark", lines=RESPONSES, reply=stream({"type": "response.output_text.delta", "output_index": 0, "item_id": "m", "content_index": 0, "delta": "half of"}), not_whole=True),
    responses("then-done", final(), **STOP),
    *(
        Case(name=f"end-responses-whole-{status.replace(chr(95), chr(45))}", lines=RESPONSES, reply=whole({"status": status, "output": [{"type": "message", "content": [{"type": "output_text", "text": "half of"}]}]}), request={"stream": False}, **want)
        for status, want in (("completed", STOP), ("in_progress", BAD), ("queued", BAD), ("failed", BAD), ("cancelled", BAD), ("incomplete", {"text": "half of", "finish": "length"}))
    ),
    Case(name="end-responses-whole-none", lines=RESPONSES, reply=whole({"output": [{"type": "message", "content": [{"type": "output_text", "text": "half of"}]}]}), request={"stream": False}, **STOP),
    Case(name="end-responses-empty", lines=RESPONSES, reply=stream(final(), done=False), outcome="empty_reply"),
    Case(name="end-responses-thought", lines=RESPONSES, reply=stream(final(output=[{"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]}]), done=False), outcome="empty_reply"),
]  # fmt: skip
