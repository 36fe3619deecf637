"""What was spent and what is left, for clients: it only reads."""

from collections.abc import Sequence

import msgspec

from aircherd.api.limit_warnings import unknown_names
from aircherd.api.services import Services
from aircherd.api.wire import to_wire
from aircherd.usage.ledger.report import Sums
from aircherd.usage.nano_usd import usd_text

COUNTS = (
    "requests",
    "failed",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
)

ESTIMATES = ("estimated", "estimated_input_tokens", "estimated_output_tokens")

Map = dict[str, object]


async def report(
    services: Services, since: float | None, until: float | None, by: Sequence[str]
) -> Map:
    """Return the sums of the attempts of a time, grouped.

    Raises:
        BadRequest: an unknown thing to group by.
        LedgerUnavailable: the ledger cannot be read.
    """
    found = await services.ledger.report(since, until, by)
    bounds = {"since": since, "until": until}
    return {
        **{name: bound for name, bound in bounds.items() if bound is not None},
        "by": list(by),
        "rows": [{**_names(row.by), **_sums(row.sums)} for row in found.rows],
        "totals": _sums(found.totals),
        "ledger": ledger_row(services),
    }


def ledger_row(services: Services) -> Map:
    """Whether what is spent is written down."""
    state = services.ledger.state
    return to_wire({"state": state.status, "reason": state.reason})


def limits(services: Services) -> Map:
    """Return how every limit stands, and what they name that nobody knows.

    Raises:
        ConfigInvalid: there is no configuration to work with.
    """
    config = services.config.usable()
    return {
        "limits": [msgspec.to_builtins(status) for status in services.limits.status()],
        "unknown": msgspec.to_builtins(unknown_names(services, config.limits)),
        "ledger": ledger_row(services),
    }


def _names(by: dict[str, str | None]) -> Map:
    return {name: value for name, value in by.items() if value is not None}


def _sums(sums: Sums) -> Map:
    counts: Map = {name: getattr(sums, name) for name in COUNTS}
    return {
        **counts,
        "cost": usd_text(sums.cost_nano),
        # What was paid for and has no price is counted beside the sum, not in it as nothing.
        "unknown_cost": sums.unpriced,
        # What nobody told is in the sums, as limits count it; this says how much of them it is.
        **{name: getattr(sums, name) for name in ESTIMATES},
        "estimated_cost": usd_text(sums.estimated_cost_nano),
    }
