"""Usage from before a limit was set: which counters lack it until the ledger has been read."""

from collections.abc import Collection, Iterable, Sequence
from operator import itemgetter

from aircherd.config.model import LimitScope
from aircherd.usage.ledger.replay import ReplayedUsage
from aircherd.usage.limits.counter import LimitCounter
from aircherd.usage.limits.reservation import LimitKey
from aircherd.vocabulary.hosts import is_one_of


class MissingHistory:
    """New counters, and the Unix time since when they need the ledger's rows.

    They need attempts that had ended when this was created: those in progress are counted when
    they end. `is_shared`: of limits that a fleet shares, which go by the engine's time.
    """

    def __init__(
        self, counters: Sequence[LimitCounter], since: float, *, is_shared: bool = False
    ) -> None:
        self.counters = list(counters)
        self.is_shared = is_shared
        self.since = since
        for counter in counters:
            counter.is_incomplete = True

    def keep(self, counters: Collection[LimitCounter]) -> None:
        """Forget all other counters: their limits are gone."""
        self.counters = [counter for counter in self.counters if counter in counters]

    def fill(self, rows: Iterable[ReplayedUsage], now: float, offset: float = 0.0) -> None:
        """Add the usage of `rows`, once; those from the future count as of now.

        `now` is the steady time, and the clock is `offset` ahead of it.
        """
        matching: dict[LimitKey, list[LimitCounter]] = {}  # many rows, few different keys
        placed = [(row.at - offset if row.steady is None else row.steady, row) for row in rows]
        for steady, row in sorted(placed, key=itemgetter(0)):
            key = LimitKey(row.provider, row.key, row.model, row.client, row.project)
            counters = matching.get(key)
            if counters is None:
                counters = [each for each in self.counters if matches(each.key.scope, key)]
                matching[key] = counters
            used = (row.requests, row.input_tokens + row.output_tokens, row.cost_nano)
            for counter in counters:
                at, amount = min(steady, now), used[counter.amount_index]
                counter.window.add(at, amount, row.at - steady if at == steady else offset)
                if row.is_margin:
                    counter.margins.append((at, amount))
        for counter in self.counters:
            counter.must_notify(now)  # it was notified before the restart
            counter.is_incomplete = False

    def __repr__(self) -> str:
        return f"<MissingHistory of {len(self.counters)} counters since {self.since:.0f}>"


def matches(scope: LimitScope, key: LimitKey) -> bool:
    """Return whether a limit applies to `key`: they agree on everything that the limit names.

    It may name several clients at a time, such as all at a host.
    """
    if scope.client is not None:
        if not is_one_of(key.client, scope.client):
            return False
        scope = scope._replace(client=None)
    pairs = zip(scope, key, strict=True)
    return all(required is None or required == actual for required, actual in pairs)
