"""Puts the models of a provider into the order of their release, also those without a date.

Not every API says when a model was released, and the newest models are those that lists of dates do
not have yet. Their names tell: claude-haiku-5-5 is newer than claude-haiku-4-5.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

_NO_VERSION = re.compile(
    r"\d{4}-\d\d-\d\d|\d{4,}|(?<![^\W_])0\d"  # dates
    r"|(?<![a-z\d])(?:\d+x)?\d+(?:\.\d+)?[bkm](?![a-z\d])"  # sizes: 70b, 8x7b, 128k
)
_PIECES = re.compile(r"[a-z]+|\d{1,3}")
_STAGES = frozenset({"latest", "preview", "exp", "experimental", "beta"})

Version = tuple[int, ...]


@lru_cache(maxsize=4096)
def family_and_version(model: str) -> tuple[tuple[str, ...], Version]:
    """Return the words of a name in alphabetical order, its first word before, and its version."""
    name = _NO_VERSION.sub("-", model.rpartition("/")[2].lower())
    pieces = _PIECES.findall(name)
    words = [piece for piece in pieces if piece.isalpha()]
    version = tuple(int(piece) for piece in pieces if not piece.isalpha())
    others = sorted(word for word in words[1:] if word not in _STAGES)
    return (*words[:1], *others), version


def by_version(model: str) -> tuple[str, tuple[int, ...], str]:
    """Return how to sort names: by the first word, then larger versions first."""
    words, version = family_and_version(model)
    # The end counts as more than any number that could follow, so 5.5 comes before 5.
    return "".join(words[:1]), (*(-number for number in version), 1), model


def estimated_days(dated: Mapping[str, float], undated: Iterable[str]) -> dict[str, float]:
    """Return when models without a date were released, as far as those with one tell that.

    A model is newer than all of lower versions in its family, or else in all families with the same
    first word; one that has only higher versions beside it is older than those.

    Args:
        dated: Model of a provider -> the day of its release.
        undated: Models of the same provider.
    """
    if not dated:
        return {}
    by_family: dict[tuple[str, ...], list[tuple[Version, float]]] = {}
    for model, day in dated.items():
        words, version = family_and_version(model)
        for family in {words, words[:1]}:
            by_family.setdefault(family, []).append((version, day))
    found = {}
    for model in undated:
        words, version = family_and_version(model)
        known = by_family.get(words) or by_family.get(words[:1]) if words else None
        if known:
            lower = [day for other, day in known if other <= version]
            found[model] = max(lower) + 0.5 if lower else min(day for _, day in known) - 0.5
    return found
