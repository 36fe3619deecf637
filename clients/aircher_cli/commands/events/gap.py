"""What happened while there was no daemon to report it: attempts of the ledger without an event.

A daemon that ends in order sends its last events. One that was killed does not, and its requests
were interrupted; and the next one may have answered others before we found it.
"""

from collections import deque

from aircher_cli.commands.events.history import COMMON_FIELDS
from aircher_cli.values import Map, number, records, text

LONGEST = 600.0
"""Seconds that an attempt may have taken: the ledger is asked by its beginning."""
MAX_ROWS = 1000
"""The most rows that the daemon returns: the latest."""
MAX_HEARD = 500
"""Attempts that are remembered: those of the last seconds before a loss matter."""
SLACK = 2.0
"""Seconds by which the times of an event and of its row may differ."""


def is_cut(listed: Map, lost_at: float) -> bool:
    """Tell whether attempts after a loss are missing in the answer of `attempts.list`."""
    rows = records(listed.get("rows"))
    return bool(listed.get("more") and rows) and (number(rows[0].get("at")) or 0.0) > lost_at


class Heard:
    """The latest attempts that were reported, since the Unix time `now`."""

    def __init__(self, now: float) -> None:
        self._since = now
        self._events: deque[Map] = deque(maxlen=MAX_HEARD)
        self._read: list[Map] = []  # from the ledger; the next daemon may report the last ones
        self._lost_at: float | None = None  # of the first loss since the ledger was read

    def add(self, event: Map) -> bool:
        """Remember an event if it is about an attempt; tell whether it is news."""
        if event.get("topic") != "attempt":
            return True
        for read in self._read:
            if _is_same(event, read):
                self._read.remove(read)
                return False
        self._events.append(event)
        return True

    def note_loss(self, now: float) -> float:
        """Return when the gap began, for `take_missed`: a daemon may end before it could be read.

        Args:
            now: When the connection to a daemon was lost, in Unix time.
        """
        self._lost_at = now if self._lost_at is None else self._lost_at
        return self._lost_at

    def read_params(self) -> Map:
        """Return the parameters of `attempts.list` for a gap."""
        return {"since": self._since - LONGEST, "limit": MAX_ROWS}

    def take_missed(self, rows: list[Map], lost_at: float) -> list[Map]:
        """Return the rows that no event reported and that ended after a loss, as events.

        From now on they count as reported.

        Args:
            rows: Rows of `attempts.list`.
            lost_at: From `note_loss`.
        """
        events = [_as_event(row) for row in rows if self._may_be_missed(row, lost_at)]
        self._read = [event for event in events if not self._has(event)]
        self._events.extend(self._read)
        self._since = lost_at  # what was left unfinished before is reported
        self._lost_at = None
        return list(self._read)

    def _has(self, event: Map) -> bool:
        return any(_is_same(event, heard) for heard in self._events)

    def _may_be_missed(self, row: Map, lost_at: float) -> bool:
        began, ms = number(row.get("at")) or 0.0, number(row.get("ms"))
        if text(row.get("outcome")) == "unknown":  # its daemon ended, at a time not known
            return began >= self._since
        return began + (ms or 0.0) / 1000 >= lost_at - SLACK

    def __repr__(self) -> str:
        return f"<Heard {len(self._events)} attempts>"


def _as_event(row: Map) -> Map:
    """Return a row with the time of its end, as an event has it."""
    end = (number(row.get("at")) or 0.0) + (number(row.get("ms")) or 0.0) / 1000
    kept = {name: value for name, value in row.items() if name != "then"}
    return {"topic": "attempt", **kept, "at": round(end, 3)}


def _is_same(event: Map, other: Map) -> bool:
    times = [number(each.get("at")) or 0.0 for each in (event, other)]
    is_near = abs(times[0] - times[1]) <= SLACK
    return is_near and all(event.get(name) == other.get(name) for name in COMMON_FIELDS)
