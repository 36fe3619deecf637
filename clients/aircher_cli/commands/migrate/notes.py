"""What is reported about one old value or file."""

from dataclasses import dataclass
from typing import Literal

from aircher_cli.commands.migrate.secret_shapes import hide_keys, printable

Kind = Literal["carried", "default", "no_counterpart", "left", "problem", "hint"]
"""What became of it.

- `carried`: it is in the new configuration.
- `default`: a default of the earlier aircher that nothing indicates was chosen.
- `no_counterpart`: there is nothing like it in this program.
- `left`: a file that stays where it is.
- `problem`: it could not be carried over, although it should be.
- `hint`: what the user may want to do.
"""


@dataclass(frozen=True)
class Note:
    """One line of the report. `subject` is a key or a file; neither text contains a key's value.

    Both may quote a name from an old file, so what may be a key and what a terminal would obey is
    replaced in them.
    """

    kind: Kind
    subject: str
    message: str
    file: str = ""
    line: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "subject", printable(hide_keys(self.subject)))
        object.__setattr__(self, "message", printable(self.message))


def problem(subject: str, message: str, file: str = "", line: int = 0) -> Note:
    """Return a note about something that could not be carried over."""
    return Note("problem", subject, message, file, line)
