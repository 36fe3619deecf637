"""What has to be fetched from the daemon, and when it may be; pure.

The first change is fetched at once. Further ones wait until the interval of their kind has passed,
so that a thousand attempts a second cost one report of usage. Times are in seconds on any clock.
"""

from collections.abc import Iterable

from aircher_cli.picker.live.updates import LIST

INTERVALS = {
    "models": 0.15,
    "auth": 0.1,
    "status": 0.1,
    "rates": 1.0,
    "limits": 1.0,
    "spend": 1.0,
}
"""Kind -> seconds between two fetches; the kinds in the order in which they are fetched."""
MAX_LISTS = 20
"""More lists than these are fetched together."""

_KINDS = tuple(INTERVALS)


class Schedule:
    """The kinds that are stale, each with the time when it may be fetched."""

    def __init__(self) -> None:
        self._due: dict[str, float] = {}
        self._fetched: dict[str, float] = {}

    def mark(self, kinds: Iterable[str], now: float, delay: float = 0.0) -> None:
        """Note that these are stale; they are due after `delay` seconds at the earliest."""
        for kind in kinds:
            ready = self._fetched.get(kind, float("-inf")) + _interval(kind)
            self._due.setdefault(kind, max(now + delay, ready))
        lists = [kind for kind in self._due if kind.startswith(LIST)]
        if len(lists) > MAX_LISTS:
            self._due.setdefault("models", min(self._due[kind] for kind in lists))
        if "models" in self._due:  # it includes the lists of all
            for kind in lists:
                del self._due[kind]

    def take(self, now: float) -> str | None:
        """Return the most important kind that is due, and forget it; None if there is none."""
        ready = [kind for kind, due in self._due.items() if due <= now]
        if not ready:
            return None
        kind = min(ready, key=_rank)
        del self._due[kind]
        self._fetched[kind] = now
        if kind == "auth":  # it includes the rate limits
            self._due.pop("rates", None)
        if len(self._fetched) > MAX_LISTS + len(_KINDS):
            self._fetched = {kind: now}
        return kind

    def seconds_left(self, now: float) -> float | None:
        """Return the seconds until something is due; None if nothing is stale."""
        return max(min(self._due.values()) - now, 0.0) if self._due else None

    def __repr__(self) -> str:
        return f"<Schedule of {', '.join(self._due) or 'nothing'}>"


def _interval(kind: str) -> float:
    return INTERVALS[_base(kind)]


def _rank(kind: str) -> int:
    return _KINDS.index(_base(kind))


def _base(kind: str) -> str:
    return "models" if kind.startswith(LIST) else kind
