"""The list of models in Codex's own form, which it asks for with `?client_version=`.

A list in OpenAI's form is an error to Codex. Source: codex-rs, `protocol/src/openai_models.rs`.
"""

from collections.abc import Sequence
from typing import Final

from aircherd.http_api.dialects.common.writing import json_bytes
from aircherd.http_api.dialects.dialect import ListedModel

_EFFORTS: Final = (
    ("low", "Thinks a little"),
    ("medium", "Thinks as much as usual"),
    ("high", "Thinks for long"),
)
_INSTRUCTIONS: Final = """\
You are a coding agent that runs in the Codex CLI, in a terminal on the user's machine.

- Read the files that matter before you change anything, and follow the project's own conventions.
- Run commands with the shell tool. Change files with apply_patch.
- Go on until the task is done. Then check it: run the tests, or whatever shows that it works.
- Do not undo changes that are not yours, and do not commit unless you are asked to.
- Say in a few words what you are about to do, and at the end what you changed and what is left.
"""
"""Codex requires some with each model, and leaves out its own if it has them."""

_TRUNCATED_AT: Final = 10_000
"""Tokens of a tool's output that Codex sends: what it does for models that it does not know."""


def codex_model_list(models: Sequence[ListedModel]) -> bytes:
    """Return the body of Codex's list of models, the first one first."""
    entries = [codex_model(model, number) for number, model in enumerate(models)]
    return json_bytes({"models": entries})


def codex_model(model: ListedModel, priority: int = 0) -> dict[str, object]:
    """Return a model as Codex wants it described."""
    thinks = "reasoning" in model.abilities
    entry: dict[str, object] = {
        "slug": model.id,
        "display_name": model.name or model.id,
        "description": _description(model),
        "supported_reasoning_levels": _levels() if thinks else [],
        "shell_type": "shell_command",
        "visibility": "list",
        "supported_in_api": True,
        "priority": priority,
        "upgrade": None,
        "base_instructions": _INSTRUCTIONS,
        "supports_reasoning_summaries": thinks,
        "support_verbosity": False,
        "default_verbosity": None,
        "apply_patch_tool_type": "freeform",
        "truncation_policy": {"mode": "tokens", "limit": _TRUNCATED_AT},
        "supports_parallel_tool_calls": True,
        "experimental_supported_tools": [],
        "input_modalities": ["text", "image"] if "images" in model.abilities else ["text"],
    }
    if thinks:
        entry["default_reasoning_level"] = "medium"
    if model.window is not None:
        entry["context_window"] = model.window
    return entry


def _levels() -> list[dict[str, str]]:
    return [{"effort": effort, "description": text} for effort, text in _EFFORTS]


def _description(model: ListedModel) -> str | None:
    if model.provider is None or model.model is None:
        return None
    return f"{model.provider}/{model.model}"
