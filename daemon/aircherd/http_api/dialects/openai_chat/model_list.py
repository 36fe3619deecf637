"""The list of models as OpenAI has it, with what OpenRouter and others tell beside it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from aircherd.http_api.dialects.common.writing import json_bytes
from aircherd.http_api.dialects.dialect import ListedModel

_OWNER: Final = "aircher"
"""Owns what is only a name so far."""


def model_list(models: Sequence[ListedModel]) -> bytes:
    """Return the body of the list."""
    return json_bytes({"object": "list", "data": [_entry(model) for model in models]})


def model_entry(model: ListedModel) -> bytes:
    """Return the body about one model."""
    return json_bytes(_entry(model))


def _entry(model: ListedModel) -> dict[str, object]:
    entry: dict[str, object] = {
        "id": model.id,
        "object": "model",
        "created": _created(model.released),
        "owned_by": model.provider or _OWNER,
    }
    further = {
        "name": model.name,
        "context_length": model.window,
        "max_completion_tokens": model.max_output,
    }
    return entry | {name: value for name, value in further.items() if value is not None}


def _created(released: str | None) -> int:
    """Return an ISO date as a Unix time, 0 if it is not known."""
    try:
        day = datetime.fromisoformat(released or "")
    except ValueError:
        return 0
    return max(int(day.replace(tzinfo=UTC).timestamp()), 0)
