"""What was used before a limit was there, read from the ledger while requests go on."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from aircherd.config.model import Scope
from aircherd.usage.limit_counter import LimitCounter
from aircherd.usage.reservation import Asking, Reservation
from aircherd.usage.spent import Spent

_Mark = tuple[int, Asking]


class AwaitedPast:
    """Counters that are new, and the attempts under way that they will count by themselves.

    `since` is how far back the ledger's rows are needed, as Unix time; until when is now, as this
    is made. Those that are under way now may have ended when the rows are read, and are left out.
    """

    def __init__(
        self, counters: Sequence[LimitCounter], since: float, under_way: Iterable[Reservation]
    ) -> None:
        self.counters = list(counters)
        self.since = since
        self._live = Counter(_mark(held.at, held.asking) for held in under_way)
        for counter in counters:
            counter.is_incomplete = True

    def keep(self, counters: Collection[LimitCounter]) -> None:
        """Forget the others: their limits are gone."""
        self.counters = [counter for counter in self.counters if counter in counters]

    def fill(self, rows: Iterable[Spent], now: float) -> None:
        """Add what `rows` say, once. A row from the future counts as of now.

        (Until its own time, a clock that was once a year ahead would close a limit for a year.)
        """
        covering: dict[Asking, list[LimitCounter]] = {}  # rows are many, who asked whom are few
        for row in rows:
            asking = Asking(row.provider, row.key, row.model, row.client)
            if self._live and self._is_counted(row.at, asking):
                continue
            counters = covering.get(asking)
            if counters is None:
                counters = [each for each in self.counters if covers(each.counted.scope, asking)]
                covering[asking] = counters
            used = (row.requests, row.input_tokens + row.output_tokens, row.cost_nano)
            for counter in counters:
                counter.sum.add(min(row.at, now), used[counter.place])
        for counter in self.counters:
            counter.is_news(now)  # it was, before the restart
            counter.is_incomplete = False

    def _is_counted(self, at: float, asking: Asking) -> bool:
        """Tell whether this is an attempt that is counted as it ends; each is found once."""
        mark = _mark(at, asking)
        if not self._live[mark]:
            return False
        self._live[mark] -= 1
        return True

    def __repr__(self) -> str:
        return f"<AwaitedPast of {len(self.counters)} amounts since {self.since:.0f}>"


def covers(scope: Scope, asking: Asking) -> bool:
    """Tell whether a limit is for this asking: in all that it names, they agree."""
    pairs = zip(scope, asking, strict=True)
    return all(wanted is None or wanted == given for wanted, given in pairs)


def _mark(at: float, asking: Asking) -> _Mark:
    """Return what an attempt is known by again in the ledger, which keeps milliseconds."""
    return round(at * 1000), asking
