"""The limits of tokens beside those of the configuration: pure."""

from collections.abc import Sequence
from typing import Any

import msgspec

from aircherd.config.model import Limit


def with_token_limits(configured: Sequence[Limit], of_tokens: Sequence[Limit]) -> list[Limit]:
    """Return all limits. Where both limit the same, the lower one holds.

    So each amount is limited once, as `LimitTracker` needs it. A token is of this machine: it
    lowers no limit that a fleet shares, which has to be the same on all machines.
    """
    more: dict[Any, Any] = {
        (limit.scope, limit.per, amount): value
        for limit in of_tokens
        for amount, value in limit.amounts.items()
    }
    found = []
    for limit in configured:
        if limit.is_shared:
            found.append(limit)
            continue
        lower = {
            amount: other
            for amount, value in limit.amounts.items()
            if (other := more.pop((limit.scope, limit.per, amount), value)) < value
        }
        found.append(msgspec.structs.replace(limit, **lower) if lower else limit)
    for (scope, per, amount), value in more.items():
        found.append(Limit(per=per, client=scope.client, **{amount: value}))
    return found
