"""What the names of models stand for that tools insist on: `[http.models]`. Pure.

A name is, in this order:

1. an entry of `[http.models]` without `*`,
2. an alias, or `provider/model`,
3. the first entry with `*` that matches,
4. what it is on the socket: a model that the catalogue knows.

So an entry for `claude-*` holds although the catalogue knows those models, for that is what it is
written for; and what the user gave a name to, or named with its provider, is never taken for it.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

import msgspec

from aircherd.config.model import Config
from aircherd.errors import BadRequest


def resolve_name(name: str | None, config: Config) -> str | None:
    """Return what aircher calls a model that a client named so."""
    patterns = config.http.models
    if not patterns or name is None:
        return name
    if (exact := patterns.get(name)) is not None and "*" not in name:
        return exact
    if name in config.models or _names_provider(name, config):
        return name
    return find_pattern(name, patterns) or name


def _names_provider(name: str, config: Config) -> bool:
    provider, slash, _ = name.partition("/")
    return bool(slash) and config.has_entry_of(provider.partition("@")[0])


def find_pattern(name: str, patterns: Mapping[str, str]) -> str | None:
    """Return what the first pattern that matches stands for, None if none does."""
    for pattern, model in patterns.items():
        if "*" in pattern and _compiled(pattern).fullmatch(name):
            return model
    return None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)


def listed_names(config: Config) -> list[tuple[str, str]]:
    """Return the names without `*`, and what they stand for: clients may list these."""
    return [(name, model) for name, model in config.http.models.items() if "*" not in name]


_OF_CLIENTS = (None, "function", "custom")
"""Types of tools that the client runs: what they name is theirs."""
MAX_DEPTH = 8
MAX_OWN = 128 * 1024
"""Bytes of all tools of a provider's own in one request: they have few options."""


class _Tool(msgspec.Struct):
    type: object = None
    id: object = None  # a plugin of OpenRouter's


_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_TOOL = msgspec.json.Decoder(_Tool)


def names_in_tools(tools: bytes) -> Iterator[str]:
    """Yield the models that a provider's own tools and plugins would ask, as an adviser does.

    Raises:
        BadRequest: the tools are too large to be looked through.
    """
    try:
        items = _ITEMS.decode(tools)
    except (ValueError, RecursionError):
        return  # no list
    own = [bytes(item) for item in items if _is_own(item)]
    if sum(map(len, own)) > MAX_OWN:
        raise BadRequest(f"tools: those of a provider's own have more than {MAX_OWN} bytes")
    for item in own:
        yield from _names_in(msgspec.json.decode(item))


def _is_own(item: msgspec.Raw) -> bool:
    """Return whether a tool is a provider's own."""
    try:
        tool = _TOOL.decode(item)
    except ValueError:
        return False  # no object
    return tool.id is not None or tool.type not in _OF_CLIENTS


def _names_in(value: object, depth: int = 0) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name.lower().endswith(("model", "models")):
                found = inner if isinstance(inner, list) else [inner]
                yield from (each for each in found if isinstance(each, str))
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if depth < MAX_DEPTH:
        for each in parts:
            yield from _names_in(each, depth + 1)
