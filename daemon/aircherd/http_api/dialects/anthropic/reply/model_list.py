"""The models in the form of this API."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from aircherd.http_api.dialects.common.writing import json_bytes
from aircherd.http_api.dialects.dialect import ListedModel
from aircherd.http_api.problem import invalid

MAX_LIMIT: Final = 1000
USUAL_LIMIT: Final = 20
UNKNOWN_DATE: Final = "1970-01-01T00:00:00Z"
"""What the vendor says where the date is unknown."""


class _Support(msgspec.Struct):
    supported: bool


class _Capabilities(msgspec.Struct):
    """What is known of a model; an ability that is not listed is taken for missing."""

    image_input: _Support
    pdf_input: _Support
    structured_outputs: _Support
    thinking: _Support


class _Model(msgspec.Struct, tag_field="type", tag="model"):
    id: str
    display_name: str
    created_at: str
    max_input_tokens: int | None
    max_tokens: int | None
    capabilities: _Capabilities
    lifecycle: str = "active"


class _List(msgspec.Struct):
    data: list[_Model]
    first_id: str | None
    last_id: str | None
    has_more: bool


def model_list(query: Mapping[str, str], models: Sequence[ListedModel]) -> bytes:
    """Return a page of the models, as `limit`, `after_id` and `before_id` ask for.

    Raises:
        RequestProblem: the limit is no number from 1 to 1000.
    """
    limit = _limit(query.get("limit"))
    found, has_more = _page(models, query, limit)
    listed = [_model(each) for each in found]
    first, last = (listed[0].id, listed[-1].id) if listed else (None, None)
    return json_bytes(_List(listed, first, last, has_more))


def model_entry(model: ListedModel) -> bytes:
    """Return what is known of one model."""
    return json_bytes(_model(model))


def _limit(text: str | None) -> int:
    if text is None:
        return USUAL_LIMIT
    limit = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
    if not 1 <= limit <= MAX_LIMIT:
        raise invalid(f"limit: has to be a number from 1 to {MAX_LIMIT}", "limit")
    return limit


def _page(
    models: Sequence[ListedModel], query: Mapping[str, str], limit: int
) -> tuple[Sequence[ListedModel], bool]:
    """Return the models of a page, and whether more follow in its direction."""
    ids = [model.id for model in models]
    if (before := query.get("before_id")) in ids:
        end = ids.index(before)
        return models[max(end - limit, 0) : end], end > limit
    after = query.get("after_id")
    start = ids.index(after) + 1 if after in ids else 0
    return models[start : start + limit], len(models) > start + limit


def _model(model: ListedModel) -> _Model:
    can = model.abilities
    return _Model(
        id=model.id,
        display_name=model.name or model.id,
        created_at=f"{model.released}T00:00:00Z" if model.released else UNKNOWN_DATE,
        max_input_tokens=model.window,
        max_tokens=model.max_output,
        capabilities=_Capabilities(
            _Support("images" in can),
            _Support("documents" in can),
            _Support("structured_output" in can),
            _Support("reasoning" in can),
        ),
    )
