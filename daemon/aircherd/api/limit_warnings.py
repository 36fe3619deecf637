"""Warnings about unknown models and keys in `[[limits]]`: a misspelled limit protects nothing.

They are not errors because a model may be newer than the lists, and a key may be added later.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from aircherd.api.services import Services
from aircherd.config.model import Limit, Provider
from aircherd.config.toml.locate import LineIndex
from aircherd.vocabulary.keys import KeyChoice
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
    providers = services.config.current.providers
    if limit.provider is None and limit.key is not None:
        labels = [choice.name for p in providers.values() for choice in _keys(services, p)]
        yield from _unknown_key(number, limit.key, labels)
    provider = providers.get(limit.provider or "")
    if provider is None:
        return
    if limit.model is not None and services.catalog.is_unknown(provider, limit.model.model):
        close = nearest(limit.model.model, services.catalog.names(provider.name))
        suggestion = None if close is None else f"{provider.name}/{close}"
        yield UnknownName(limit=number, what="model", name=str(limit.model), nearest=suggestion)
    if limit.key is not None:
        labels = [choice.name for choice in _keys(services, provider)]
        yield from _unknown_key(number, limit.key, labels)


def _keys(services: Services, provider: Provider) -> Sequence[KeyChoice]:
    return services.auth.key_choices(provider) if provider.needs_key else ()


def _unknown_key(number: int, key: str, labels: Sequence[str | None]) -> Iterator[UnknownName]:
    """Yield the key of a limit if it is none of `labels`; None means that some are not known."""
    if key not in labels and None not in labels:
        suggestion = nearest(key, [label for label in labels if label is not None])
        yield UnknownName(limit=number, what="key", name=key, nearest=suggestion)
