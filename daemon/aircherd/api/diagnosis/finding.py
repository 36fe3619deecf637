"""One finding of a diagnosis."""

from typing import Literal

import msgspec

Status = Literal["ok", "warning", "problem"]


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """The result of one check; contains no secret.

    - `check`: what was checked; several findings may have the same.
    - `status`: a `problem` keeps something from working, a `warning` may do so later.
    - `message`: what is the case, as a sentence without a full stop.
    - `cure`: a command, or a sentence that says what to do.
    """

    check: str
    status: Status
    message: str
    cure: str | None = None


def refused(check: str, status: Status, reason: str) -> Finding:
    """Return the finding of a refused file: its reason ends with a colon and what to do."""
    message, colon, cure = reason.rpartition(": ")
    return Finding(check, status, message, cure) if colon else Finding(check, status, reason)
