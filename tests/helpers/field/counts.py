"""Token counts in other places than OpenAI's (kind A11)."""

from helpers.field.case import Case
from helpers.providers.byte_server import chunk, stream, whole

SAID = chunk(content="good")


def counted(name: str, *last: object, usage: tuple[int, int] = (19, 13)) -> Case:
    return Case(name=f"count-{name}", reply=stream(SAID, *last), usage=usage)


CASES = [
    counted("choice", {"choices": [{"delta": {}, "finish_reason": "stop", "usage": {"prompt_tokens": 19, "completion_tokens": 13}}]}),
    counted("groq", chunk("stop"), {"choices": [], "x_groq": {"usage": {"prompt_tokens": 19, "completion_tokens": 13}}}),
    counted("zeros", chunk("stop", usage={"prompt_tokens": 19, "completion_tokens": 13}), {"choices": [], "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}}),
    counted("xai", chunk("stop", usage={"prompt_tokens": 19, "completion_tokens": 3, "total_tokens": 122, "completion_tokens_details": {"reasoning_tokens": 100}}), usage=(19, 103)),
    counted("openai", chunk("stop", usage={"prompt_tokens": 19, "completion_tokens": 103, "total_tokens": 122, "completion_tokens_details": {"reasoning_tokens": 100}}), usage=(19, 103)),
    counted("names", chunk("stop", usage={"input_tokens": 19, "output_tokens": 13})),
    Case(
        name="count-cache-hour", kind="anthropic", usage=(6000, 100), cost="0.01",
        lines=(
            '[catalog."count-cache-hour/m"]', "input_price = 1", "output_price = 5",
            "cache_write_price = 1.25", "cache_write_1h_price = 2",
        ),
        reply=whole({
            "content": [{"type": "text", "text": "good"}], "stop_reason": "end_turn",
            "usage": {
                "input_tokens": 1000, "output_tokens": 100, "cache_creation_input_tokens": 5000,
                "cache_creation": {
                    "ephemeral_5m_input_tokens": 2000, "ephemeral_1h_input_tokens": 3000,
                },
            },
        }),
        request={"stream": False},
    ),
    Case(
        name="count-iterations", kind="anthropic", usage=(3300, 90),
        reply=whole({
            "content": [{"type": "text", "text": "good"}], "stop_reason": "end_turn",
            "usage": {"input_tokens": 300, "output_tokens": 40, "iterations": [
                {"type": "message", "input_tokens": 1000, "output_tokens": 20},
                {"type": "message", "input_tokens": 2000, "output_tokens": 30},
                {"type": "message", "input_tokens": 300, "output_tokens": 40},
            ]},
        }),
        request={"stream": False},
    ),
]  # fmt: skip
