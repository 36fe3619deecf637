"""The type of a section's table of names."""

import msgspec


class Section(msgspec.Struct, frozen=True):
    """The names that a section may contain.

    `title` is how messages call the section. `planned` names belong to a later version: they are
    refused until then, because ignoring them silently would be worse.
    """

    title: str
    names: tuple[str, ...]
    planned: tuple[str, ...] = ()
