"""How replies end, and what that means (kinds A5 and A10)."""

from helpers.field.case import Case
from helpers.providers.byte_server import chunk, head, stream, whole


def half(reason: object, *, done: bool = True) -> list[bytes]:
    return stream(chunk(content="half of"), chunk(reason), done=done)


CASES = [
    *(
        Case(name=f"cut-{name}", reply=half(reason, done=False), code="truncated")
        for name, reason in (("empty", ""), ("null", "null"), ("false", False), ("none", None))
    ),
    *(
        Case(name=f"broken-{reason}", reply=half(reason), code="provider_error")
        for reason in ("abort", "network_error", "engine_error", "cancelled", "unknown")
    ),
    *(
        Case(name=f"end-{name}", reply=half(reason), text="half of", finish=finish)
        for name, reason, finish in (
            ("max", "MAX_TOKENS", "length"),
            ("eos", "eos", "stop"),
            ("window", "model_context_window_exceeded", "length"),
            ("safety", "safety", "content_filter"),
            ("sensitive", "sensitive", "content_filter"),
            ("turn", "end_turn", "stop"),
        )
    ),
    Case(name="before-output", reply=stream(chunk("network_error")), outcome="provider_error"),
    Case(name="nothing", reply=stream(chunk(role="assistant", content=""), chunk("stop")), outcome="empty_reply"),
    Case(name="nothing-whole", reply=whole({"choices": [{"message": {"content": ""}, "finish_reason": "stop"}]}), request={"stream": False}, outcome="empty_reply"),
    Case(name="thought", reply=stream(chunk(reasoning_content="hm"), chunk("stop")), outcome="empty_reply"),
    Case(name="refusal", reply=stream(chunk(refusal="I will not."), chunk("stop")), text="I will not.", finish="refusal"),
    Case(
        name="gemini-empty", kind="gemini",
        reply=stream({"candidates": [{"content": {}, "finishReason": "STOP"}]}, done=False),
        outcome="empty_reply",
    ),
    Case(
        name="gemini-safety", kind="gemini",
        reply=stream({"candidates": [{"finishReason": "IMAGE_SAFETY"}]}, done=False),
        text="", finish="content_filter",
    ),
    Case(
        name="ollama-cut", kind="ollama",
        reply=[head(200, "application/x-ndjson") + b'{"message":{"content":"half of"},"done":false}\n'],
        code="truncated",
    ),
    Case(
        name="claude-pause", kind="anthropic",
        reply=stream(
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "so"}},
            {"type": "message_delta", "delta": {"stop_reason": "pause_turn"}},
            {"type": "message_stop"},
            done=False,
        ),
        text="so", finish="pause",
    ),
]  # fmt: skip
