"""Why somebody is not asked for a while, as the plan of a request sees it."""

import msgspec


class Cooling(msgspec.Struct, frozen=True):
    """What keeps a candidate out.

    `reason` is a wire code; `until` a Unix time, None until something is observed. With
    `is_probe_due` one request may go all the same, to find out: whoever takes it up tells the book.
    `is_guess`: no vendor named the time, so it need not hold where nobody else is left.
    """

    reason: str
    until: float | None
    message: str
    is_probe_due: bool = False
    is_guess: bool = False
