"""Thinking levels and budgets of Gemini's models."""

import pytest

from aircherd.providers.gemini.thinking import thinking_config
from aircherd.vocabulary.chat import Effort
from aircherd.vocabulary.failure import FailureClass
from helpers.providers.provider_calls import failure_of


@pytest.mark.parametrize(
    ("model", "levels"),
    [
        # for none, minimal, low, medium, high, xhigh, max
        ("gemini-3.8-flash", "LOW LOW LOW MEDIUM HIGH HIGH HIGH"),
        ("gemini-3.1-pro-preview", "LOW LOW LOW MEDIUM HIGH HIGH HIGH"),
        ("gemini-4-argon", "LOW LOW LOW MEDIUM HIGH HIGH HIGH"),
        ("models/gemini-3.5-flash", "MINIMAL MINIMAL LOW MEDIUM HIGH HIGH HIGH"),
        ("gemini-3.1-flash-lite", "MINIMAL MINIMAL LOW MEDIUM HIGH HIGH HIGH"),
        ("gemini-3-pro-preview", "LOW LOW LOW HIGH HIGH HIGH HIGH"),
        ("gemma-4-31b-it", "MINIMAL MINIMAL MINIMAL HIGH HIGH HIGH HIGH"),
        ("of-the-future", "LOW LOW LOW MEDIUM HIGH HIGH HIGH"),
    ],
)
def test_levels(model: str, levels: str) -> None:
    """Each effort becomes the nearest level that the model has."""
    efforts: tuple[Effort, ...] = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
    configs = [thinking_config(effort, model) or {} for effort in efforts]
    assert levels.split() == [config["thinkingLevel"] for config in configs]


@pytest.mark.parametrize(
    ("model", "effort", "budget"),
    [
        ("gemini-2.5-flash", "none", 0),
        ("gemini-2.5-flash-lite", "minimal", 1024),
        ("gemini-2.5-flash", "medium", 8192),
        ("gemini-2.5-flash", "max", 24_576),
        ("gemini-2.5-pro", "none", 128),
        ("gemini-2.5-pro", "max", 32_768),
    ],
)
def test_budgets(model: str, effort: Effort, budget: int) -> None:
    """Models without levels get a budget within their range."""
    assert (thinking_config(effort, model) or {})["thinkingBudget"] == budget


@pytest.mark.parametrize("model", ["gemini-3.8-flash", "gemini-2.5-flash"])
def test_thinking_is_included_only_on_request(model: str) -> None:
    """The effort `none` does not include it."""
    assert (thinking_config("low", model) or {})["includeThoughts"] is True
    assert "includeThoughts" not in (thinking_config("none", model) or {})


@pytest.mark.parametrize("model", ["gemini-2.0-flash", "gemini-1.5-pro", "gemma-3-27b-it"])
def test_models_that_cannot_think(model: str) -> None:
    """The effort `none` sends nothing; any other is refused."""
    assert thinking_config("none", model) is None
    failure = failure_of(lambda: thinking_config("low", model))
    assert failure.kind is FailureClass.UNSUPPORTED
    assert failure.message == f"reasoning: {model} cannot think: leave it out"
