"""What a request's `extra` may not say, because the request itself says it: pure.

`extra` goes into the provider's own request as it is, over what stands there. Who is asked, what is
reserved for it, and how the reply is read were decided before: a field that would change one of
these behind our back is refused. All others are the user's: vendors' options, their hosted tools,
marks for their prompt caches.
"""

from collections.abc import Iterator

from aircherd.errors import BadRequest

_ROUTE = "say it with model; several to choose from are an alias"
_LIMIT = "say it with max_tokens"
_SAID = "say it with messages"
_ONE = "leave it out: one answer is read, and all would be paid for"
_COUNTS = ("n", "candidatecount", "bestof")

_OURS: dict[str, str] = {
    "model": _ROUTE,
    "models": _ROUTE,
    "stream": "say it with stream",
    "streamoptions": "leave it out: the counts of tokens are asked for with it already",
    "background": "leave it out: an answer is read as it comes",
    **dict.fromkeys(("maxtokens", "maxcompletiontokens", "maxoutputtokens"), _LIMIT),
    **dict.fromkeys(("numpredict", "npredict", "maxnewtokens"), _LIMIT),
    **dict.fromkeys(_COUNTS, _ONE),
    **dict.fromkeys(("messages", "input", "contents", "prompt"), _SAID),
    **dict.fromkeys(("previousresponseid", "conversation"), _SAID),
}
"""A field as `_plain` writes it -> what to do instead."""

_WITHIN: dict[str, frozenset[str]] = {
    "generationconfig": frozenset({"maxoutputtokens", "candidatecount"}),
    "options": frozenset({"numpredict"}),
}
"""Maps with options of their own, Gemini's and Ollama's -> which of `_OURS` they may hold."""


def check_extra(extra: dict[str, object]) -> None:
    """Check that `extra` leaves alone what the request itself decides.

    Raises:
        BadRequest: it does not; the message names the field, and the one to use instead.
    """
    for place, plain, value in _fields(extra):
        if plain in _OURS and not _is_harmless(plain, value):
            raise BadRequest(f"extra.{place}: is not for extra: {_OURS[plain]}")


def _is_harmless(plain: str, value: object) -> bool:
    """Tell whether a field of `_OURS` changes nothing with this value, or is another of its name.

    OpenAI's Responses API has its stored templates as `prompt`: an id, a version, variables.
    """
    if plain in _COUNTS:
        return value == 1 and value is not True
    return plain == "prompt" and isinstance(value, dict)


def _fields(extra: dict[str, object]) -> Iterator[tuple[str, str, object]]:
    """Yield where each field stands that may be ours, its name as `_plain` writes it, its value."""
    for name, value in extra.items():
        plain = _plain(name)
        yield name, plain, value
        if isinstance(value, dict) and plain in _WITHIN:
            inner = ((str(each), _plain(str(each)), within) for each, within in value.items())
            yield from ((f"{name}.{n}", p, v) for n, p, v in inner if p in _WITHIN[plain])


def _plain(name: str) -> str:
    # Google takes both max_output_tokens and maxOutputTokens; Ollama does not look at the case, and
    # to Go, which it is written in, the long s and the Kelvin sign are an s and a k.
    return name.replace("_", "").casefold()
