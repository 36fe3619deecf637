"""OpenRouter: OpenAI's format with comments, costs and a provider name, and the key endpoint.

Its model list is public and does not verify a key; `GET /key` does.
"""

from typing import Any

from aircherd.testing.simulator.context import Context
from aircherd.testing.simulator.limits import Headers
from aircherd.testing.simulator.openai_chat import chat as openai
from aircherd.testing.simulator.reply import Reply, Whole, json_reply

OPENROUTER = openai.Dialect(
    id_prefix="gen-1790000000-",
    id_width=20,
    extra={"provider": "Simulated", "system_fingerprint": None},
    preamble=b": OPENROUTER PROCESSING\n\n",
    always_usage=True,
    usage_extra={
        "cost": 0.0001,
        "is_byok": False,
        "cost_details": {"upstream_inference_cost": None},
    },
    native_finish=True,
)


def answer_chat(context: Context) -> Reply:
    """Answer `POST /chat/completions`.

    Raises:
        Refusal: the API would refuse the request.
    """
    return openai.answer_chat(context, OPENROUTER)


PARAMETERS = (
    "include_reasoning",
    "max_tokens",
    "reasoning",
    "response_format",
    "stop",
    "structured_outputs",
    "temperature",
    "tool_choice",
    "tools",
    "top_p",
)
PRICES = {
    "prompt": "0.000003",
    "completion": "0.000015",
    "input_cache_read": "0.0000003",
    "input_cache_write": "0.00000375",
    "overrides": [
        {"min_prompt_tokens": 200_000, "prompt": "0.000006", "completion": "0.0000225"},
    ],
}
# The cost of a request is unknown until a provider is chosen.
ROUTED = {"prompt": "-1", "completion": "-1"}


def answer_models(context: Context) -> Whole:
    """Answer `GET /models`; no key is needed."""
    listed = [_listed(model) for model in context.behaviour.models.get("openrouter", [])]
    return json_reply(200, {"data": listed}, [])


def _listed(model: str) -> dict[str, Any]:
    return {
        "id": model,
        "canonical_slug": model,
        "name": model,
        "created": openai.CREATED,
        "description": "Simulated",
        "context_length": 1_000_000,
        "architecture": {
            "modality": "text+image->text",
            "input_modalities": ["text", "image"],
            "output_modalities": ["text"],
            "tokenizer": "Other",
        },
        "pricing": ROUTED if model == "openrouter/auto" else PRICES,
        "top_provider": {
            "context_length": 1_000_000,
            "max_completion_tokens": 64_000,
            "is_moderated": False,
        },
        "supported_parameters": list(PARAMETERS),
        "expiration_date": None,
    }


def answer_key(context: Context) -> Whole:
    """Answer `GET /key`: the key's remaining credit."""
    key = context.key or ""
    data = {
        "label": f"{key[:8]}...{key[-3:]}",
        "limit": 10.0,
        "limit_remaining": 9.5,
        "limit_reset": None,
        "usage": 0.5,
        "is_free_tier": False,
        "is_provisioning_key": False,
    }
    return json_reply(200, {"data": data}, [])


def request_headers(context: Context) -> Headers:
    """Return the headers of every response: no rate limits."""
    return [("x-generation-id", context.make_id("gen-1790000000-", 20))]
