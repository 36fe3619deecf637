"""Fetches what the status screen shows: four short calls over one connection.

A part that cannot be read does not hide the others: `unavailable` says why it is missing.
"""

import time

from aircher_cli.render.config.problems import NOTHING_IN_USE
from aircher_cli.render.cooldowns import unhealthy_rows
from aircher_cli.render.daemon import is_elsewhere
from aircher_cli.values import Map, as_map, records, text
from aircher_client import DaemonError, NoAnswer
from aircher_wire import codes, methods

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    from collections.abc import Callable

    from aircher_client import Client

PART_TIMEOUT = 3.0
"""Seconds for one part: a disk that does not answer must not hide the rest."""
STATUS_TIMEOUT = 15.0
"""Seconds for `status` itself; the daemon gives its keyring less."""


def fetch_record(
    client: "Client", now: float, *, keyring: bool = True, spend: object = None
) -> Map:
    """Return the result of `status` with `limits`, `spend`, `cooling` and `unavailable`.

    Where no provider answers by default, `sign_in` says what is missing, as in errors.

    Args:
        client: A connected client.
        now: Unix time in seconds; it decides what is today.
        keyring: Whether to ask for the state of the keyring, which takes a while.
        spend: What was spent, if it is known: months of usage take the daemon milliseconds.

    Raises:
        DaemonError: the daemon refused `status`, or shuts down.
        DaemonUnreachable: the connection was lost, or the daemon hangs.
    """
    record = _status(client, keyring=keyring)
    unavailable: Map = {}

    def fetch(name: str, call: "Callable[[], object]") -> None:
        try:
            record[name] = call()
        except NoAnswer:
            unavailable[name] = f"no answer within {PART_TIMEOUT:g} s"
        except DaemonError as error:
            if error.code == codes.SHUTTING_DOWN:
                raise
            if error.code != codes.CONFIG_INVALID:  # the screen says so already
                unavailable[name] = error.message

    fetch("cooling", lambda: _cooling(client))
    fetch("limits", lambda: _limits(client))
    if not is_elsewhere(record):  # it is not for us there
        fetch("spend", lambda: spend or _spend(client, now))
    if _lacks_default(record):
        fetch("sign_in", lambda: _sign_in(client))
    return {**record, **({"unavailable": unavailable} if unavailable else {})}


def _status(client: "Client", *, keyring: bool) -> Map:
    if not keyring:
        try:
            return as_map(client.call(methods.STATUS, {"keyring": False}, timeout=PART_TIMEOUT))
        except DaemonError as error:
            if error.code != codes.BAD_REQUEST:
                raise  # else an older daemon, which always returns it
    return as_map(client.call(methods.STATUS, timeout=STATUS_TIMEOUT))


def _cooling(client: "Client") -> object:
    """Return the rows of what is unhealthy. Only this snapshot has the health of single models."""
    topics = {"topics": ["provider"]}
    found = client.call(methods.EVENTS_SUBSCRIBE, topics, timeout=PART_TIMEOUT)
    return unhealthy_rows(records(as_map(found.get("snapshot")).get("provider")))


def _lacks_default(record: Map) -> bool:
    """Tell whether no provider answers by default, and the configuration is not the reason."""
    default = as_map(record.get("default"))
    is_valid = as_map(record.get("config")).get("in_use") != NOTHING_IN_USE
    return is_valid and not (default.get("candidates") or default.get("problem"))


def _sign_in(client: "Client") -> object:
    try:
        plan = client.call(methods.ROUTE_EXPLAIN, {}, timeout=PART_TIMEOUT)
    except DaemonError as error:
        if "sign_in" not in error.data:
            raise
        plan = error.data  # no key has the label that requests from this folder need
    return as_map(plan.get("sign_in"))


def _limits(client: "Client") -> object:
    return records(client.call(methods.LIMITS_STATUS, timeout=PART_TIMEOUT).get("limits"))


def _spend(client: "Client", now: float) -> object:
    """Return the totals of today and of this month, from one report."""
    local = time.localtime(now)
    since = time.mktime((local.tm_year, local.tm_mon, 1, 0, 0, 0, 0, 0, -1))
    params = {"since": since, "by": ["day"]}
    report = client.call(methods.USAGE_REPORT, params, timeout=PART_TIMEOUT)
    today = time.strftime("%Y-%m-%d", local)
    rows = records(report.get("rows"))
    empty = {"requests": 0, "failed": 0, "cost": "0"}
    return {
        "today": next((row for row in rows if text(row.get("day")) == today), empty),
        "month": as_map(report.get("totals")),
    }
