"""Usage reports and the state of limits for clients. Read-only."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from aircherd.api.limit_warnings import limit_warnings
from aircherd.api.params import AttemptsParams
from aircherd.api.services import Services
from aircherd.api.wire import encode_map, encode_rows, to_wire
from aircherd.chat.caller import Caller
from aircherd.usage.ledger.report import Sums
from aircherd.usage.nano_usd import usd_text
from aircherd.vocabulary.availability import LimitStatus
from aircherd.vocabulary.hosts import is_one_of

if TYPE_CHECKING:
    from aircherd.usage.listed_attempts import ListedAttempt

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


async def build_report(
    services: Services, since: float | None, until: float | None, by: Sequence[str]
) -> msgspec.Raw:
    """Return totals of the attempts in a period, grouped by the columns in `by`, encoded.

    Raises:
        BadRequest: `by` has an unknown column.
        LedgerUnavailable: the ledger cannot be read.
    """
    found = await services.ledger.report(since, until, by)
    bounds = {"since": since, "until": until}
    rows = ({**_group_names(row.by), **_sums(row.sums)} for row in found.rows)
    return encode_map(
        {
            **{name: bound for name, bound in bounds.items() if bound is not None},
            "by": list(by),
            "rows": await encode_rows(rows),
            "totals": _sums(found.totals),
            "ledger": ledger_row(services),
        }
    )


async def list_attempts(services: Services, params: AttemptsParams) -> msgspec.Raw:
    """Return single attempts, the newest last, encoded.

    Raises:
        LedgerUnavailable: the ledger cannot be read, or not fast enough.
    """
    # Imported late: it is rarely called.
    from aircherd.usage import attempt_list, listed_attempts  # noqa: PLC0415

    wanted = listed_attempts.AttemptFilter(**msgspec.structs.asdict(params))
    found = await attempt_list.list_attempts(services.ledger, wanted)
    return encode_map(
        {
            "rows": await encode_rows(map(_attempt_row, found.rows)),
            **({"more": True} if found.has_more else {}),
            **({} if found.kept_since is None else {"kept_since": found.kept_since}),
            "ledger": ledger_row(services),
        }
    )


def _attempt_row(attempt: "ListedAttempt") -> Map:
    row = to_wire(attempt)
    is_estimated, cost = row.pop("is_estimated"), attempt.cost_nano
    row.pop("cost_nano", None)
    return {
        **row,
        **({} if cost is None else {"cost": usd_text(cost)}),
        **({"estimated": True} if is_estimated else {}),
    }


def ledger_row(services: Services) -> Map:
    """Return the state of the ledger, and whether its failure means that limits refuse."""
    state = services.ledger.state
    refuses = services.config.current.refuses_unknown
    return to_wire(
        {
            "state": state.status,
            "reason": state.reason,
            "since": state.since,
            "on_failure": "refuse" if refuses else None,
        }
    )


def limit_rows(services: Services, caller: Caller) -> list[Map]:
    """Return the usage of every limit, in the order of the configuration.

    Those that count requests of others only, and none that `caller` makes, have `others`.
    """
    config = services.config.current
    if config.projects:
        from aircherd.chat.request.projects import attributed  # noqa: PLC0415 - rarely used

        caller = attributed(config, caller)
    rows: list[Map] = []
    for status in services.limits.status():
        row: Map = msgspec.to_builtins(status)
        if not _counts(status, caller):
            row["others"] = True
        rows.append(row)
    return rows


def _counts(limit: LimitStatus, caller: Caller) -> bool:
    """Return whether a limit counts what a client asks, of some provider at least."""
    is_project = limit.project is None or limit.project == caller.project
    return is_project and (limit.client is None or is_one_of(caller.client, limit.client))


async def list_limits(services: Services, caller: Caller) -> Map:
    """Return the usage of every limit, and the unknown models and keys that limits name.

    Of a shared limit, each machine has a row. The engine is waited for at most half a second, and
    not at all while it is known to be away.

    Raises:
        ConfigInvalid: there is no valid configuration.
    """
    config = services.config.usable()
    added, shared = await _by_machine(services)
    rows = limit_rows(services, caller)
    added = added if len(added) == len(rows) else [{}] * len(rows)  # other limits by now
    return {
        "limits": [{**row, **more} for row, more in zip(rows, added, strict=True)],
        "unknown": msgspec.to_builtins(limit_warnings(services, config.limits)),
        "ledger": ledger_row(services),
        **shared,
    }


async def _by_machine(services: Services) -> tuple[list[Map], Map]:
    fleet = services.fleet()
    if fleet is None:
        return [], {}
    from aircherd.api.fleet.limits import machines_by_limit  # noqa: PLC0415 -- under [shared]

    return await machines_by_limit(fleet, services.limits.status())


def _group_names(by: dict[str, str | None]) -> Map:
    return {name: value for name, value in by.items() if value is not None}


def _sums(sums: Sums) -> Map:
    counts: Map = {name: getattr(sums, name) for name in COUNTS}
    return {
        **counts,
        "cost": usd_text(sums.cost_nano),
        # Attempts without a known cost are not part of the total; this is their number.
        "unknown_cost": sums.unpriced,
        # The totals include estimates, as limits do; these fields are the estimated part.
        **{name: getattr(sums, name) for name in ESTIMATES},
        "estimated_cost": usd_text(sums.estimated_cost_nano),
    }
