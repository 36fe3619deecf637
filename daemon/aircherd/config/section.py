"""The type of a section's table of names."""

import msgspec


class Section(msgspec.Struct, frozen=True):
    """The names that a section may contain; `title` is how messages call the section."""

    title: str
    names: tuple[str, ...]
