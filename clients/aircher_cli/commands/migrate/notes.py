"""What is reported about one old value or file."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["carried", "default", "no_counterpart", "left", "problem", "hint"]
"""What became of it.

- `carried`: it is in the new configuration.
- `default`: a default of the earlier program that nothing indicates was chosen.
- `no_counterpart`: there is nothing like it in this program.
- `left`: a file that stays where it is.
- `problem`: it could not be carried over, although it should be.
- `hint`: what the user may want to do.
"""


@dataclass(frozen=True)
class Note:
    """One line of the report. `subject` is a key or a file; neither text contains a key's value."""

    kind: Kind
    subject: str
    message: str
    file: str = ""
    line: int = 0


def problem(subject: str, message: str, file: str = "", line: int = 0) -> Note:
    """Return a note about something that could not be carried over."""
    return Note("problem", subject, message, file, line)
