"""Names in `[[limits]]` that nobody knows: a limit with a typing error protects nothing.

A warning and no error: a model may be newer than every list, and a key still to be stored.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from aircherd.api.services import Services
from aircherd.config.model import Limit
from aircherd.config.toml.locate import Lines
from aircherd.vocabulary.suggestions import nearest


class UnknownName(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a limit is for and nobody knows; `limit` is its number in the file.

    `file` and `line` are there where the text is at hand.
    """

    limit: int
    what: Literal["model", "key"]
    name: str
    nearest: str | None = None
    file: str | None = None
    line: int | None = None


def unknown_names(services: Services, limits: Sequence[Limit]) -> list[UnknownName]:
    """Return what `limits` name and nobody knows.

    A provider that is not configured now is passed over: nothing is known of it yet.
    """
    numbered = enumerate(limits)
    return [found for number, limit in numbered for found in _unknown(services, number, limit)]


def with_lines(found: Sequence[UnknownName], text: str, file: str) -> list[UnknownName]:
    """Return the same with their places in `text`."""
    if not found:
        return []
    lines = Lines(text)
    return [
        msgspec.structs.replace(
            each, file=file, line=lines.line_of(("limits", each.limit, each.what))
        )
        for each in found
    ]


def _unknown(services: Services, number: int, limit: Limit) -> Iterator[UnknownName]:
    provider = services.config.current.providers.get(limit.provider or "")
    if provider is None:
        return
    if limit.model is not None and services.catalog.is_unknown(provider, limit.model.model):
        meant = nearest(limit.model.model, services.catalog.names(provider.name))
        near = None if meant is None else f"{provider.name}/{meant}"
        yield UnknownName(limit=number, what="model", name=str(limit.model), nearest=near)
    keys = [choice.name for choice in services.auth.key_choices(provider)]
    # A key without a name stands for those that cannot be listed now.
    if limit.key is not None and limit.key not in keys and None not in keys:
        near = nearest(limit.key, [key for key in keys if key is not None])
        yield UnknownName(limit=number, what="key", name=limit.key, nearest=near)
