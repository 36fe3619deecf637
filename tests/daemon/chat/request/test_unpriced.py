"""Options of a request that have a price of their own."""

import json

import pytest

from aircherd.chat.request.unpriced import unpriced_option
from helpers.providers.provider_calls import a_request

FUNCTION = {"name": "look", "description": "web_search"}


def vendor(api: str, **data: object) -> dict[str, object]:
    return {"type": "vendor", "api": api, "data": json.dumps(data)}


@pytest.mark.parametrize(
    ("extra", "found"),
    [
        ({"service_tier": "priority"}, "extra.service_tier (priority)"),
        ({"service_tier": "scale"}, "extra.service_tier (scale)"),
        ({"serviceTier": "PRIORITY"}, "extra.serviceTier (PRIORITY)"),
        ({"speed": "fast"}, "extra.speed (fast)"),
        ({"plugins": [{"id": "web"}]}, "extra.plugins"),
        ({"web_search_options": {}}, "extra.web_search_options"),
        ({"Web_Search_Options": {}}, "extra.Web_Search_Options"),
        ({"search_parameters": {"mode": "on"}}, "extra.search_parameters"),
        ({"enable_search": True}, "extra.enable_search"),
        ({"container": "c"}, "extra.container"),
        ({"inference_geo": "us"}, "extra.inference_geo"),
        ({"prompt": {"id": "pmpt_1"}}, "extra.prompt"),
        ({"tools": [{"type": "web_search"}]}, "the tool web_search in extra.tools"),
        ({"tools": [{"googleSearch": {}}]}, "the tool googleSearch in extra.tools"),
        ({"tools": [{}]}, "a tool in extra.tools"),
        ({"tools": ["x"]}, "a tool in extra.tools"),
        ({"modalities": ["text", "audio"]}, "audio in extra.modalities"),
        (
            {"generationConfig": {"responseModalities": ["AUDIO"]}},
            "audio in extra.generationConfig.responseModalities",
        ),
        (
            {"options": {"service_tier": "priority"}},
            "extra.options.service_tier (priority)",
        ),
    ],
)
def test_an_option_of_extra_with_a_price_of_its_own_is_named(
    extra: dict[str, object], found: str
) -> None:
    """However its name is written that some provider accepts."""
    assert unpriced_option(a_request(extra=extra)) == found


@pytest.mark.parametrize(
    "extra",
    [
        {},
        *({"service_tier": tier} for tier in ("auto", "default", "flex", "standard_only", None)),
        {"plugins": []},
        {"enable_search": False},
        {"web_search_options": None},
        {"seed": 7, "top_k": 3, "metadata": {"service_tier": "priority"}},
        {"tools": [{"type": "function", "function": FUNCTION}]},
        {"tools": [{"type": "bash_20250124"}, {"name": "f", "input_schema": {}}]},
        {"tools": [{"functionDeclarations": []}, {"url_context": {}}]},
        {"tools": "none"},
        {"modalities": ["text", "image"]},
        {"generationConfig": {"topK": 3}},
    ],
)
def test_what_costs_nothing_but_tokens_has_the_catalogs_price(extra: dict[str, object]) -> None:
    """A flexible tier is cheaper than what is counted."""
    assert unpriced_option(a_request(extra=extra)) is None


@pytest.mark.parametrize(
    ("tool", "found"),
    [
        (FUNCTION, None),
        ({"type": "custom", "name": "look"}, None),
        ({"type": "mcp", "name": "docs", "url": "https://x.example/mcp"}, None),
        ({"type": "web_search"}, "the tool web_search"),
        ({"type": "code_execution"}, "the tool code_execution"),
        ({"type": "file_search", "stores": ["s"]}, "the tool file_search"),
        (vendor("responses", type="image_generation"), "the tool image_generation in tools"),
        (vendor("gemini", googleMaps={}), "the tool googleMaps in tools"),
        (vendor("anthropic", type="text_editor_20250728"), None),
        ({"type": "vendor", "api": "gemini", "data": "{"}, "a tool in tools"),
        ({"type": "vendor", "api": "gemini", "data": "[" * 100_000}, "a tool in tools"),
    ],
)
def test_a_tool_that_runs_at_the_provider_for_a_fee_is_named(
    tool: dict[str, object], found: str | None
) -> None:
    """What the client runs costs its tokens only."""
    assert unpriced_option(a_request(tools=[FUNCTION, tool])) == found


def test_spoken_answers_have_another_price() -> None:
    """A token of sound costs up to eight times as much as one of text."""
    assert unpriced_option(a_request(modalities=["text", "audio"])) == "audio in modalities"
    assert unpriced_option(a_request(modalities=["text", "image"])) is None
