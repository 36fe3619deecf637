"""The new configuration as a list of commented sections."""

from dataclasses import dataclass, field

Value = str | int | float | bool | list[str]


@dataclass
class Entry:
    """`name = value`; `source` is the old key it was made from."""

    name: str
    value: Value
    source: str = ""


@dataclass
class Section:
    """A `[header]`, or the top of the file if `header` is empty."""

    header: str
    entries: list[Entry] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)

    def add(self, name: str, value: Value, source: str = "") -> None:
        """Add an entry."""
        self.entries.append(Entry(name, value, source))
