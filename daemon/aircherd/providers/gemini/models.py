"""Gemini's models: the list of them, and by their names what the list does not say.

The list knows no more than whether a model thinks, and the API refuses a level or budget that the
model does not have. Sources: Google's pages on thinking and on each model, and what users report of
live refusals, November 2026. A name nobody knows yet is taken for a newer model.
"""

import re
from typing import Final

import msgspec

from aircherd.catalog.sanitize import MAX_LISTED
from aircherd.errors import fail
from aircherd.providers.codec.json_in import as_count, as_text
from aircherd.providers.model_list import decode_list
from aircherd.vocabulary.chat import Effort
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model

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

_OLD: Final = re.compile(r"gemini-(?:1|2)[.-]|gemini-pro(?!-latest)|gemma-[123]")


def bare_name(model: str) -> str:
    """Return a model's name as the list has it, but without `models/`."""
    return model.removeprefix("models/")


def is_old(model: str) -> bool:
    """Whether a model is older than Gemini 3: unsigned calls are taken, pictures of tools not."""
    return _OLD.match(bare_name(model)) is not None


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


# ------------------------------------------------------------------ the list


class _Listed(msgspec.Struct, gc=False, rename="camel"):
    name: str
    display_name: object = None
    input_token_limit: object = None
    output_token_limit: object = None
    supported_generation_methods: list[object] | None = None
    thinking: object = None


class _List(msgspec.Struct, gc=False):
    models: list[_Listed]


_LIST = msgspec.json.Decoder(_List)


def read_models(body: bytes) -> list[Model]:
    """Return what a list of models says; see `Adapter.read_models`."""
    listed = decode_list(_LIST, body).models[:MAX_LISTED]
    return [_model(each) for each in listed if _can_chat(each)]


def _can_chat(listed: _Listed) -> bool:
    return "generateContent" in (listed.supported_generation_methods or ())


def _model(listed: _Listed) -> Model:
    return Model(
        id=bare_name(listed.name),
        name=as_text(listed.display_name) or None,
        window=as_count(listed.input_token_limit) or None,
        max_output=as_count(listed.output_token_limit) or None,
        # What is false is left out of this API's JSON, and so is what it does not know.
        reasoning=listed.thinking if isinstance(listed.thinking, bool) else None,
    )
