"""With `[usage] on_failure = "refuse"`: refuses what a limit applies to while its usage is unknown.

It is unknown while the ledger cannot be written or read, until the usage from before a limit has
been read, and as long as a limit's window contains a time of which attempts were lost.
"""

from collections.abc import Iterable
from datetime import datetime, tzinfo

from aircher_wire import codes
from aircherd.usage.ledger.writer import LedgerState
from aircherd.usage.limits.counter import LimitCounter
from aircherd.usage.time_buckets import clamp_time
from aircherd.vocabulary.availability import Limited

WAY_OUT = 'to be served all the same, set [usage] on_failure = "serve"'


def no_outage() -> LedgerState | None:
    """Return the state of a ledger that always works."""
    return None


def refuse_unknown(
    counters: Iterable[LimitCounter], outage: LedgerState | None, tz: tzinfo | None
) -> Limited | None:
    """Return the first limit whose usage is unknown, None if all are known.

    `outage` is the ledger's state while it does not work.
    """
    for counter in counters:
        if why := why_unknown(counter, outage, tz):
            message = f"limit cannot be checked: {counter.description} ({why}; {WAY_OUT})"
            return Limited(codes.LIMIT_REACHED, message, None, counter.status())
    return None


def why_unknown(counter: LimitCounter, outage: LedgerState | None, tz: tzinfo | None) -> str | None:
    """Return why it is unknown what a limit's window has, None if it is known."""
    if outage is not None:
        since = "" if outage.since is None else f" since {_time(outage.since, tz)}"
        return f"the ledger does not work{since}: {outage.reason}"
    if counter.is_incomplete:
        return "the usage so far has not been read from the ledger yet: this is retried"
    if (lost_at := counter.lost_at) is not None:
        return f"usage before {_time(lost_at, tz)} was lost"
    return None


def _time(at: float, tz: tzinfo | None) -> str:
    return f"{datetime.fromtimestamp(clamp_time(at), tz):%Y-%m-%d %H:%M}"
