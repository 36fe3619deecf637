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

_ALL_LEVELS: Final = ("MINIMAL", "LOW", "MEDIUM", "HIGH")

_LEVELS_BY_NAME: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("gemini-3-pro", ("LOW", "HIGH")),
    ("gemini-3-flash", _ALL_LEVELS),
    ("gemini-3.1-flash-lite", _ALL_LEVELS),
    ("gemini-3.5-flash", _ALL_LEVELS),
    ("gemini-3.6-flash", _ALL_LEVELS),
    ("gemini-flash-lite-latest", _ALL_LEVELS),
    ("gemma-4", ("MINIMAL", "HIGH")),
)
"""Prefix of a model's name -> its levels."""

_USUAL_LEVELS: Final = ("LOW", "MEDIUM", "HIGH")
"""For all others: each Pro since 3.1, each Flash since 3.7, Gemini 4."""

_TARGETS: dict[Effort, int] = {
    "none": 0,
    "minimal": 0,
    "low": 1,
    "medium": 2,
    "high": 3,
    "xhigh": 3,
    "max": 3,
}
"""Effort -> index in `_ALL_LEVELS`."""

_BUDGETS: dict[Effort, int] = {
    "none": 0,
    "minimal": 1024,
    "low": 1024,
    "medium": 8192,
    "high": 24_576,
    "xhigh": 32_768,
    "max": 32_768,
}
"""Tokens of thinking, for models without levels; the numbers of Google's OpenAI-compatible API."""

_BUDGET_RANGES: tuple[tuple[str, int, int], ...] = (
    ("gemini-2.5-pro", 128, 32_768),  # always thinks
    ("gemini-2.5", 0, 24_576),
)


def thinking_config(effort: Effort, model: str) -> dict[str, object] | None:
    """Return the `thinkingConfig` nearest to `effort`, None if none is needed.

    Raises:
        ProviderFailed: UNSUPPORTED: the model does not think.
    """
    config = _config(effort, bare_name(model))
    if config is not None and effort != "none":
        config["includeThoughts"] = True
    return config


def _config(effort: Effort, name: str) -> dict[str, object] | None:
    # Three cases: a budget, a level, or a model that cannot think.
    for prefix, lowest, highest in _BUDGET_RANGES:
        if name.startswith(prefix):
            return {"thinkingBudget": min(max(_BUDGETS[effort], lowest), highest)}
    if not is_old(name):
        return {"thinkingLevel": _level(effort, name)}
    if effort != "none":
        fail(FailureClass.UNSUPPORTED, f"reasoning: {name} cannot think: leave it out")
    return None


def _level(effort: Effort, name: str) -> str:
    matching = (levels for prefix, levels in _LEVELS_BY_NAME if name.startswith(prefix))
    levels = next(matching, _USUAL_LEVELS)
    target = _TARGETS[effort]
    # The higher of two equally near ones.
    return min(reversed(levels), key=lambda level: abs(_ALL_LEVELS.index(level) - target))
