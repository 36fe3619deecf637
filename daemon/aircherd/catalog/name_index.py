"""Which models a provider has, by every name that people may give them: pure."""

from collections.abc import Iterable, Mapping, Sequence

from aircherd.catalog.table import SNAPSHOT


class NameIndex:
    """The models of one provider: `names`, as it calls them, in order."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names: tuple[str, ...] = tuple(dict.fromkeys(names))
        self._short: dict[str, list[str]] = {}
        for name in self.names:
            short = name.rpartition("/")[2]
            for each in {name, short, short.removesuffix(":latest")}:
                self._short.setdefault(each, []).append(name)

    @property
    def short_names(self) -> Iterable[str]:
        """What the models are called by people: without the maker in front, and in full."""
        return self._short.keys()

    def meaning(self, name: str) -> Sequence[str]:
        """Return the models that a bare name may mean; one that is called just so is meant."""
        found = self._short.get(name, ())
        return (name,) if name in found else found

    def __repr__(self) -> str:
        return f"<Offer of {len(self.names)} models>"


def name_index(
    known: Sequence[str], listed: Mapping[str, object] | None, own: Sequence[str]
) -> NameIndex:
    """Return what a provider offers.

    Args:
        known: names that others know of it.
        listed: its own list by name, None while there is none.
        own: names in the user's configuration.
    """
    if listed is None:
        return NameIndex((*known, *own))
    # Vendors list dated versions and leave out the undated name, which they serve all the same.
    undated = {SNAPSHOT.sub("", name) for name in listed}
    return NameIndex((*listed, *(name for name in known if name in undated), *own))
