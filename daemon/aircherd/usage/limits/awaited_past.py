"""What was used before a limit was there, read from the ledger while requests go on."""

from collections.abc import Collection, Iterable, Sequence

from aircherd.config.model import LimitScope
from aircherd.usage.ledger.replay import ReplayedUsage
from aircherd.usage.limits.counter import LimitCounter
from aircherd.usage.limits.reservation import LimitKey


class AwaitedPast:
    """Counters that are new, and how far back they need the ledger's rows, as Unix time.

    Needed is what had ended when this was made: what was under way they count as it ends.
    """

    def __init__(self, counters: Sequence[LimitCounter], since: float) -> None:
        self.counters = list(counters)
        self.since = since
        for counter in counters:
            counter.is_incomplete = True

    def keep(self, counters: Collection[LimitCounter]) -> None:
        """Forget the others: their limits are gone."""
        self.counters = [counter for counter in self.counters if counter in counters]

    def fill(self, rows: Iterable[ReplayedUsage], now: float) -> None:
        """Add what `rows` say, once. A row from the future counts as of now.

        (Until its own time, a clock that was once a year ahead would close a limit for a year.)
        """
        covering: dict[LimitKey, list[LimitCounter]] = {}  # rows are many, who asked whom are few
        for row in rows:
            asking = LimitKey(row.provider, row.key, row.model, row.client)
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

    def __repr__(self) -> str:
        return f"<AwaitedPast of {len(self.counters)} amounts since {self.since:.0f}>"


def covers(scope: LimitScope, asking: LimitKey) -> bool:
    """Tell whether a limit is for this asking: in all that it names, they agree."""
    pairs = zip(scope, asking, strict=True)
    return all(wanted is None or wanted == given for wanted, given in pairs)
