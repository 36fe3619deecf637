"""Ends the ways of requests that daemons pass on to each other: pure.

A request names the daemons that it has passed, each by a random id of its run. So a daemon knows
its own requests when they come back, whatever the sockets are called, and none passes many daemons.
"""

import secrets
from collections.abc import Sequence

from aircherd.errors import BadRequest

MAX_PASSED = 4
"""Daemons that a request may pass before the one that calls a provider."""
FEATURE = "passed"
"""What a daemon's `hello` says if it knows `route.passed`. One that does not passes nothing on."""


def new_id() -> str:
    """Return the id of this run of a daemon."""
    return secrets.token_hex(8)


def check_passed(passed: Sequence[str], own: str) -> None:
    """Check that a request has not come in a circle, and has not passed too many daemons.

    Raises:
        BadRequest: it has.
    """
    if own in passed:
        raise BadRequest(
            "this daemon has sent the request itself, and it came back through "
            f"{_others(len(passed))}: remove the provider of kind socket that closes the circle",
            reason="circle",
        )
    if len(passed) > MAX_PASSED:
        raise BadRequest(
            f"the request has passed {len(passed)} daemons, and may pass {MAX_PASSED}",
            reason="circle",
        )


def _others(count: int) -> str:
    if count == 1:
        return "its own socket"
    return "another daemon" if count == 2 else f"{count - 1} other daemons"
