"""Resolves short model names (`gpt-5.5`) to a provider's own (`openai/gpt-5.5`). Pure."""

from collections.abc import Iterable, Mapping, Sequence

from aircherd.catalog.table import VERSION_SUFFIX


class NameIndex:
    """An index of one provider's models; `names` has its own names, in order."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names: tuple[str, ...] = tuple(dict.fromkeys(names))
        self._short: dict[str, list[str]] = {}
        for name in self.names:
            short = name.rpartition("/")[2]
            for each in {name, short, short.removesuffix(":latest")}:
                self._short.setdefault(each, []).append(name)

    @property
    def short_names(self) -> Iterable[str]:
        """All names a user may type: full names, and names without the vendor prefix."""
        return self._short.keys()

    def matches(self, name: str) -> Sequence[str]:
        """Return the models that `name` may refer to; an exact match excludes the others."""
        found = self._short.get(name, ())
        return (name,) if name in found else found

    def __repr__(self) -> str:
        return f"<NameIndex of {len(self.names)} models>"


def build_name_index(
    known: Sequence[str], listed: Mapping[str, object] | None, own: Sequence[str]
) -> NameIndex:
    """Build the index of one provider.

    Args:
        known: model names from the shipped data and models.dev.
        listed: the provider's own list by name, None if it was never fetched.
        own: names in the user's configuration.
    """
    if listed is None:
        return NameIndex((*known, *own))
    # Vendors list dated versions but also serve the undated name, which they do not list.
    undated = {VERSION_SUFFIX.sub("", name) for name in listed}
    return NameIndex((*listed, *(name for name in known if name in undated), *own))
