"""Token counts of every API in further places (kind A11)."""

import json
from typing import Any

from helpers.field.case import Case
from helpers.providers.byte_server import chunk, head, stream, whole

SAID = chunk(content="good")
USED = {"prompt_tokens": 19, "completion_tokens": 13}


def chat(name: str, *last: object, usage: tuple[int, int] = (19, 13), **more: Any) -> Case:
    return Case(name=f"counts-{name}", reply=stream(SAID, *last), usage=usage, **more)


def own(name: str, counts: dict[str, Any], usage: tuple[int, int] = (19, 13), **more: Any) -> Case:
    return chat(name, chunk("stop", usage=counts), usage=usage, **more)


def claude(name: str, start: object, *deltas: object, usage: tuple[int, int] = (19, 13)) -> Case:
    said = {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "text_delta", "text": "good"},
    }
    ends = [
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": each}
        for each in deltas
    ]
    return Case(
        name=f"counts-claude-{name}",
        kind="anthropic",
        usage=usage,
        reply=stream(
            {"type": "message_start", "message": {"usage": start}},
            said,
            *ends,
            {"type": "message_stop"},
            done=False,
        ),
    )


def gemini(name: str, *counts: dict[str, Any], usage: tuple[int, int] = (19, 13)) -> Case:
    parts = [
        {"candidates": [{"content": {"parts": [{"text": "good"}]}}], "usageMetadata": each}
        for each in counts
    ]
    return Case(
        name=f"counts-gemini-{name}",
        kind="gemini",
        usage=usage,
        reply=stream(*parts, {"candidates": [{"finishReason": "STOP"}]}, done=False),
    )


def responses(name: str, counts: object, usage: tuple[int, int] = (19, 13)) -> Case:
    output = [{"type": "message", "content": [{"type": "output_text", "text": "good"}]}]
    return Case(
        name=f"counts-responses-{name}",
        lines=('api = "responses"',),
        usage=usage,
        reply=stream(
            {
                "type": "response.completed",
                "response": {"status": "completed", "output": output, "usage": counts},
            },
            done=False,
        ),
    )


def ollama(name: str, counts: dict[str, Any], usage: tuple[int, int] = (19, 13)) -> Case:
    lines = (
        {"message": {"content": "good"}, "done": False},
        {"message": {"content": ""}, "done": True, "done_reason": "stop", **counts},
    )
    return Case(
        name=f"counts-ollama-{name}",
        kind="ollama",
        usage=usage,
        reply=[
            head(200, "application/x-ndjson")
            + b"".join(json.dumps(each).encode() + b"\n" for each in lines)
        ],
    )


CASES = [
    own("plain", USED | {"total_tokens": 32}),
    own("text", {"prompt_tokens": "19", "completion_tokens": "13", "total_tokens": "32"}),
    own("float", {"prompt_tokens": 19.0, "completion_tokens": 13.0}),
    own("total-only", {"prompt_tokens": 19, "total_tokens": 32}),
    own("details-null", USED | {"prompt_tokens_details": None, "completion_tokens_details": None}),
    own("zero-names", {"prompt_tokens": 0, "completion_tokens": 0, "input_tokens": 19, "output_tokens": 13}),
    own("camel", {"promptTokens": 19, "completionTokens": 13}),
    own("gemini-names", {"promptTokenCount": 19, "candidatesTokenCount": 13}),
    own("google-beside", {"prompt_tokens": 19, "completion_tokens": 3, "total_tokens": 32}),
    own("perplexity", USED | {"total_tokens": 32, "cost": {"total_cost": 0.1}, "reasoning_tokens": 5, "citation_tokens": 9}),
    own("deepseek", {"prompt_tokens": 19, "completion_tokens": 13, "prompt_cache_hit_tokens": 10, "prompt_cache_miss_tokens": 9}),
    own("deepseek-parts", {"completion_tokens": 13, "prompt_cache_hit_tokens": 10, "prompt_cache_miss_tokens": 9}),
    own("claude-beside", {"prompt_tokens": 4, "completion_tokens": 13, "total_tokens": 32, "cache_read_input_tokens": 10, "cache_creation_input_tokens": 5}),
    own("claude-names", {"input_tokens": 19, "output_tokens": 13, "total_tokens": 32}),
    own("xai", {"prompt_tokens": 19, "completion_tokens": 3, "total_tokens": 32, "completion_tokens_details": {"reasoning_tokens": 10}}),
    own("reasoning-inside", USED | {"total_tokens": 32, "completion_tokens_details": {"reasoning_tokens": 10}}),
    own("reasoning-top", {"prompt_tokens": 19, "completion_tokens": 3, "reasoning_tokens": 10, "total_tokens": 32}),
    own("thoughts-only", {"prompt_tokens": 21, "completion_tokens": 0, "total_tokens": 81, "completion_tokens_details": {"reasoning_tokens": 60}}, usage=(21, 60)),
    own("wrong-total", USED | {"total_tokens": 0}),
    chat("before", {"choices": [], "usage": USED}, chunk("stop")),
    chat("after", chunk("stop"), {"choices": [], "usage": USED}),
    chat("after-null-choices", chunk("stop"), {"choices": None, "usage": USED}),
    chat("after-no-choices", chunk("stop"), {"usage": USED}),
    chat("after-choice", chunk("stop"), {"choices": [{"index": 0, "delta": {}}], "usage": USED}),
    chat("then-null", chunk("stop", usage=USED), {"choices": [], "usage": None}),
    chat("then-empty", chunk("stop", usage=USED), {"choices": [], "usage": {}}),
    chat("then-zeros", chunk("stop", usage=USED), {"choices": [], "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}}),
    chat("then-half-zeros", chunk("stop", usage=USED), {"choices": [], "usage": {"prompt_tokens": 19, "completion_tokens": 0}}),
    chat("then-extras", chunk("stop", usage=USED), {"choices": [], "usage": {"extra_properties": {"google": {"traffic_type": "ON_DEMAND"}}}}),
    chat("grows", chunk(content="a") | {"usage": {"prompt_tokens": 19, "completion_tokens": 1}}, chunk(content="b") | {"usage": {"prompt_tokens": 19, "completion_tokens": 7}}, chunk("stop", usage=USED)),
    chat("each-same", chunk(content="a") | {"usage": USED}, chunk("stop", usage=USED)),
    chat("in-choice", {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "usage": USED}]}),
    chat("in-delta", {"choices": [{"index": 0, "delta": {"usage": USED}, "finish_reason": "stop"}]}),
    chat("in-message", {"choices": [{"index": 0, "message": {"usage": USED}, "finish_reason": "stop"}]}),
    chat("groq", chunk("stop") | {"x_groq": {"id": "x", "usage": USED}}),
    chat("timings", chunk("stop") | {"timings": {"prompt_n": 19, "predicted_n": 13}}),
    chat("timings-cached", chunk("stop") | {"timings": {"prompt_n": 9, "cache_n": 10, "predicted_n": 13}}),
    chat("cohere", chunk("stop", usage={"tokens": {"input_tokens": 19, "output_tokens": 13}})),
    chat("cohere-billed", chunk("stop", usage={"billed_units": {"input_tokens": 19, "output_tokens": 13}})),
    chat("metadata", chunk("stop") | {"usageMetadata": {"promptTokenCount": 19, "candidatesTokenCount": 13}}),
    chat("token-usage", chunk("stop") | {"token_usage": USED}),
    Case(name="counts-whole", reply=whole({"choices": [{"message": {"content": "good"}, "finish_reason": "stop"}], "usage": USED}), request={"stream": False}, usage=(19, 13)),
    Case(name="counts-whole-choice", reply=whole({"choices": [{"message": {"content": "good"}, "finish_reason": "stop", "usage": USED}]}), request={"stream": False}, usage=(19, 13)),
    Case(name="counts-whole-xai", reply=whole({"choices": [{"message": {"content": "good"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 19, "completion_tokens": 3, "total_tokens": 32, "completion_tokens_details": {"reasoning_tokens": 10}}}), request={"stream": False}, usage=(19, 13)),
    Case(name="counts-whole-text", reply=whole({"choices": [{"message": {"content": "good"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": "19", "completion_tokens": "13"}}), request={"stream": False}, usage=(19, 13)),
    Case(name="counts-router", kind="openrouter", reply=stream(SAID, chunk("stop"), {"choices": [], "usage": USED | {"cost": 0.0001}}), usage=(19, 13)),
    # Anthropic
    claude("plain", {"input_tokens": 19, "output_tokens": 1}, {"output_tokens": 13}),
    claude("cached", {"input_tokens": 4, "cache_read_input_tokens": 10, "cache_creation_input_tokens": 5, "output_tokens": 1}, {"output_tokens": 13}),
    claude("cached-late", {"input_tokens": 19, "output_tokens": 0}, {"input_tokens": 9, "cache_read_input_tokens": 10, "cache_creation_input_tokens": 0, "output_tokens": 13}),
    claude("late", {"input_tokens": 0, "output_tokens": 0}, {"input_tokens": 19, "output_tokens": 13}),
    claude("late-only", None, {"input_tokens": 19, "output_tokens": 13}),
    claude("zeros-late", {"input_tokens": 19, "output_tokens": 1}, {"input_tokens": 0, "output_tokens": 13}),
    claude("zeros-last", {"input_tokens": 19, "output_tokens": 1}, {"output_tokens": 13}, {"input_tokens": 0, "output_tokens": 0}),
    claude("text", {"input_tokens": "19", "output_tokens": "1"}, {"output_tokens": "13"}),
    claude("openai-names", {}, {"prompt_tokens": 19, "completion_tokens": 13}),
    Case(name="counts-claude-in-stop", kind="anthropic", usage=(19, 13), reply=stream({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "good"}}, {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}, {"type": "message_stop", "usage": {"input_tokens": 19, "output_tokens": 13}}, done=False)),
    Case(name="counts-claude-in-delta", kind="anthropic", usage=(19, 13), reply=stream({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "good"}}, {"type": "message_delta", "delta": {"stop_reason": "end_turn", "usage": {"input_tokens": 19, "output_tokens": 13}}}, {"type": "message_stop"}, done=False)),
    Case(name="counts-claude-iterations", kind="anthropic", usage=(60, 30), reply=stream({"type": "message_start", "message": {"usage": {"input_tokens": 20, "output_tokens": 1}}}, {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "good"}}, {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"input_tokens": 20, "output_tokens": 10, "iterations": [{"type": "message", "input_tokens": 40, "output_tokens": 20}, {"type": "message", "input_tokens": 20, "output_tokens": 10}]}}, {"type": "message_stop"}, done=False)),
    # Gemini
    gemini("plain", {"promptTokenCount": 19, "candidatesTokenCount": 13, "totalTokenCount": 32}),
    gemini("thoughts", {"promptTokenCount": 19, "candidatesTokenCount": 3, "thoughtsTokenCount": 10, "totalTokenCount": 32}),
    gemini("total-only", {"promptTokenCount": 19, "totalTokenCount": 32}),
    gemini("tool-prompt", {"promptTokenCount": 9, "toolUsePromptTokenCount": 10, "candidatesTokenCount": 13}),
    gemini("grows", {"promptTokenCount": 19, "candidatesTokenCount": 1}, {"promptTokenCount": 19, "candidatesTokenCount": 13}),
    gemini("then-prompt-only", {"promptTokenCount": 19, "candidatesTokenCount": 13}, {"promptTokenCount": 19}),
    gemini("then-empty", {"promptTokenCount": 19, "candidatesTokenCount": 13}, {}),
    gemini("text", {"promptTokenCount": "19", "candidatesTokenCount": "13"}),
    # Responses
    responses("plain", {"input_tokens": 19, "output_tokens": 13, "total_tokens": 32}),
    responses("reasoning", {"input_tokens": 19, "output_tokens": 13, "output_tokens_details": {"reasoning_tokens": 10}, "total_tokens": 32}),
    responses("chat-names", USED),
    responses("text", {"input_tokens": "19", "output_tokens": "13"}),
    # Ollama
    ollama("plain", {"prompt_eval_count": 19, "eval_count": 13}),
    ollama("text", {"prompt_eval_count": "19", "eval_count": "13"}),
    ollama("float", {"prompt_eval_count": 19.0, "eval_count": 13.0}),
    ollama("cached-prompt", {"eval_count": 13}, (0, 13)),
]  # fmt: skip
