"""Fields that a request's `extra` must not contain, because the request itself has them: pure.

`extra` is merged into the provider's request and overrides it. The model, the reserved tokens and
the reading of the reply are decided before, so fields that would change them are refused. All
others are allowed: vendors' options, their hosted tools, marks for their prompt caches.
"""

from collections.abc import Iterator

from aircherd.errors import BadRequest

_ROUTE = "use model; for several models, use an alias"
_LIMIT = "use max_tokens"
_MESSAGES = "use messages"
_ONE = "leave it out: only one answer is read, and all would be billed"
_COUNTS = ("n", "candidatecount", "bestof")

_RESERVED: dict[str, str] = {
    "model": _ROUTE,
    "models": _ROUTE,
    "stream": "use stream",
    "streamoptions": "leave it out: token counts are always requested",
    "background": "leave it out: answers are read as they arrive",
    **dict.fromkeys(("maxtokens", "maxcompletiontokens", "maxoutputtokens"), _LIMIT),
    **dict.fromkeys(("numpredict", "npredict", "maxnewtokens"), _LIMIT),
    **dict.fromkeys(_COUNTS, _ONE),
    **dict.fromkeys(("messages", "input", "contents", "prompt"), _MESSAGES),
    **dict.fromkeys(("previousresponseid", "conversation"), _MESSAGES),
}
"""Normalized field name (see `normalize`) -> what to do instead."""

_RESERVED_IN_MAPS: dict[str, frozenset[str]] = {
    "generationconfig": frozenset({"maxoutputtokens", "candidatecount"}),
    "options": frozenset({"numpredict"}),
}
"""Option maps of Gemini and Ollama -> the reserved fields inside them."""


def check_extra(extra: dict[str, object]) -> None:
    """Check that `extra` has no reserved field.

    Raises:
        BadRequest: it has one; the message names it and what to use instead.
    """
    for path, name, value in _fields(extra):
        if name in _RESERVED and not _is_harmless(name, value):
            raise BadRequest(f"extra.{path}: is not allowed in extra: {_RESERVED[name]}")


def _is_harmless(name: str, value: object) -> bool:
    """Return whether a reserved field has no effect with this value, or is a different field.

    OpenAI's Responses API has stored templates as `prompt`: a map of id, version and variables.
    """
    if name in _COUNTS:
        return value == 1 and value is not True
    return name == "prompt" and isinstance(value, dict)


def _fields(extra: dict[str, object]) -> Iterator[tuple[str, str, object]]:
    """Yield path, normalized name and value of each field that may be reserved."""
    for name, value in extra.items():
        normalized = normalize(name)
        yield name, normalized, value
        if isinstance(value, dict) and normalized in _RESERVED_IN_MAPS:
            inner = ((str(n), normalize(str(n)), inside) for n, inside in value.items())
            yield from (
                (f"{name}.{n}", p, v) for n, p, v in inner if p in _RESERVED_IN_MAPS[normalized]
            )


def normalize(name: str) -> str:
    """Return a field's name as the most tolerant provider compares it."""
    # Google accepts both max_output_tokens and maxOutputTokens. Ollama ignores case and is written
    # in Go, whose case folding maps the long s and the Kelvin sign to s and k.
    return name.replace("_", "").casefold()
