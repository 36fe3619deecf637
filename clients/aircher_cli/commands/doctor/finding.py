"""One finding of `doctor`."""

from typing import NamedTuple

from aircher_cli.values import Map, records, text

OK = "ok"
WARNING = "warning"
PROBLEM = "problem"


class Finding(NamedTuple):
    """What was checked, how it is, and what to do. `cure` is a command or a sentence, or empty."""

    check: str
    status: str
    message: str
    cure: str = ""

    def to_json(self) -> Map:
        """Return the finding as the daemon would send it."""
        return {name: value for name, value in zip(self._fields, self, strict=True) if value}


def from_daemon(value: object) -> list[Finding]:
    """Return the findings that the daemon sent."""
    return [Finding(*(text(each.get(name)) for name in Finding._fields)) for each in records(value)]
