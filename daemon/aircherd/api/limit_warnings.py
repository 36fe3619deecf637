"""Warnings about unknown models and keys in `[[limits]]`: a misspelled limit protects nothing.

They are not errors because a model may be newer than the lists, and a key may be added later.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from aircherd.api.services import Services
from aircherd.config.model import Limit
from aircherd.config.toml.locate import LineIndex
from aircherd.vocabulary.suggestions import nearest


class UnknownName(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An unknown model or key in a limit; `limit` is the limit's index, from 0.

    `file` and `line` are set if the text of the configuration is available.
    """

    limit: int
    what: Literal["model", "key"]
    name: str
    nearest: str | None = None
    file: str | None = None
    line: int | None = None


def limit_warnings(services: Services, limits: Sequence[Limit]) -> list[UnknownName]:
    """Return the unknown models and keys in `limits`; limits of unknown providers are ignored."""
    numbered = enumerate(limits)
    return [found for number, limit in numbered for found in _unknown_in(services, number, limit)]


def add_line_numbers(found: Sequence[UnknownName], text: str, file: str) -> list[UnknownName]:
    """Add the file and the line in `text` to each warning."""
    if not found:
        return []
    lines = LineIndex(text)
    return [
        msgspec.structs.replace(
            each, file=file, line=lines.line_of(("limits", each.limit, each.what))
        )
        for each in found
    ]


def _unknown_in(services: Services, number: int, limit: Limit) -> Iterator[UnknownName]:
    provider = services.config.current.providers.get(limit.provider or "")
    if provider is None:
        return
    if limit.model is not None and services.catalog.is_unknown(provider, limit.model.model):
        close = nearest(limit.model.model, services.catalog.names(provider.name))
        suggestion = None if close is None else f"{provider.name}/{close}"
        yield UnknownName(limit=number, what="model", name=str(limit.model), nearest=suggestion)
    keys = [choice.name for choice in services.auth.key_choices(provider)]
    # None means that the keys cannot be listed now.
    if limit.key is not None and limit.key not in keys and None not in keys:
        suggestion = nearest(limit.key, [key for key in keys if key is not None])
        yield UnknownName(limit=number, what="key", name=limit.key, nearest=suggestion)
