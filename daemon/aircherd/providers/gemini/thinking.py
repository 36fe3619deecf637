"""A reasoning effort as Gemini's thinking level or budget, by the model's name.

The list of models only says whether a model thinks, and the API refuses a level or budget that the
model does not have. Sources: Google's pages on thinking and on each model, and refusals reported by
users, November 2026. An unknown name is treated as a newer model.
"""

from typing import Final

from aircherd.errors import fail
from aircherd.providers.gemini.models import bare_name, is_old
from aircherd.vocabulary.chat import Effort
from aircherd.vocabulary.failure import FailureClass

_ALL: Final = ("MINIMAL", "LOW", "MEDIUM", "HIGH")

_LEVELS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("gemini-3-pro", ("LOW", "HIGH")),
    ("gemini-3-flash", _ALL),
    ("gemini-3.1-flash-lite", _ALL),
    ("gemini-3.5-flash", _ALL),
    ("gemini-3.6-flash", _ALL),
    ("gemini-flash-lite-latest", _ALL),
    ("gemma-4", ("MINIMAL", "HIGH")),
)
"""The beginning of a name -> the levels it has."""

_USUAL_LEVELS: Final = ("LOW", "MEDIUM", "HIGH")
"""All others: each Pro since 3.1, each Flash since 3.7, Gemini 4."""

_STEPS: dict[Effort, int] = {
    "none": 0,
    "minimal": 0,
    "low": 1,
    "medium": 2,
    "high": 3,
    "xhigh": 3,
    "max": 3,
}
"""The efforts as places in `_ALL`."""

_BUDGETS: dict[Effort, int] = {
    "none": 0,
    "minimal": 1024,
    "low": 1024,
    "medium": 8192,
    "high": 24_576,
    "xhigh": 32_768,
    "max": 32_768,
}
"""Tokens of thinking for models before the levels, as Google's own OpenAI-compatible API has it."""

_BUDGET_RANGES: tuple[tuple[str, int, int], ...] = (
    ("gemini-2.5-pro", 128, 32_768),  # cannot be kept from thinking
    ("gemini-2.5", 0, 24_576),
)


def thinking_config(effort: Effort, model: str) -> dict[str, object] | None:
    """Return the `thinkingConfig` that is nearest to `effort`; None where nothing need be said.

    Raises:
        ProviderFailed: UNSUPPORTED: the model does not think.
    """
    amount = _amount(effort, bare_name(model))
    if amount is not None and effort != "none":
        amount["includeThoughts"] = True
    return amount


def _amount(effort: Effort, name: str) -> dict[str, object] | None:
    # Three cases: a budget, a level, or a model that does not think.
    for beginning, least, most in _BUDGET_RANGES:
        if name.startswith(beginning):
            return {"thinkingBudget": min(max(_BUDGETS[effort], least), most)}
    if not is_old(name):
        return {"thinkingLevel": _level(effort, name)}
    if effort != "none":
        fail(FailureClass.UNSUPPORTED, f"reasoning: {name} does not think")
    return None


def _level(effort: Effort, name: str) -> str:
    known = (levels for beginning, levels in _LEVELS if name.startswith(beginning))
    levels = next(known, _USUAL_LEVELS)
    wanted = _STEPS[effort]
    # Of two that are as near, the higher.
    return min(reversed(levels), key=lambda level: abs(_ALL.index(level) - wanted))
