"""Collects what a request asks for that our vocabulary has no word for."""


class Unsaid:
    """The names of such fields, for people."""

    __slots__ = ("names",)

    def __init__(self) -> None:
        self.names: list[str] = []

    def add(self, name: str) -> None:
        """Note a field."""
        if name not in self.names:
            self.names.append(name)

    def __str__(self) -> str:
        shown = ", ".join(self.names[:3])
        further = len(self.names) - 3
        return f"{shown} and {further} more" if further > 0 else shown

    def text(self) -> str | None:
        """Return all of it in one line, None if there is nothing."""
        return str(self) if self.names else None
