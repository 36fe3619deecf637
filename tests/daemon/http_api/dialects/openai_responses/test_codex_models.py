"""The list of models for Codex."""

import json

from aircherd.http_api.dialects.dialect import ListedModel
from aircherd.http_api.dialects.openai_responses import codex_model_list

SONNET = ListedModel(
    id="sonnet",
    provider="anthropic",
    model="claude-sonnet-5",
    name="Claude Sonnet 5",
    window=200_000,
    abilities=frozenset({"tools", "images", "reasoning"}),
)


def test_a_model_is_described_as_codex_wants_it() -> None:
    """Its name to send, its window, what it takes."""
    (entry,) = json.loads(codex_model_list([SONNET]))["models"]
    sent = {
        "slug": "sonnet",
        "display_name": "Claude Sonnet 5",
        "description": "anthropic/claude-sonnet-5",
        "context_window": 200_000,
        "input_modalities": ["text", "image"],
        "default_reasoning_level": "medium",
        "supports_reasoning_summaries": True,
    }
    assert sent.items() <= entry.items()


def test_what_is_not_known_is_left_out() -> None:
    """Codex has defaults of its own."""
    (entry,) = json.loads(codex_model_list([ListedModel(id="m")]))["models"]
    assert "context_window" not in entry
    assert "default_reasoning_level" not in entry
    assert (entry["display_name"], entry["description"]) == ("m", None)
    assert entry["input_modalities"] == ["text"]


def test_the_first_model_comes_first() -> None:
    """Codex sorts by priority."""
    models = json.loads(codex_model_list([ListedModel(id="b"), ListedModel(id="a")]))["models"]
    assert [(each["slug"], each["priority"]) for each in models] == [("b", 0), ("a", 1)]
