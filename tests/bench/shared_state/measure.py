"""Loads a daemon whose limits are shared and one whose limits are its own, by turns.

Both have the same limits, in requests, tokens and USD, which are never reached, and the same
upstream; the one with `[shared]` has a Valkey on this machine, and a second daemon in its fleet,
which is idle. What it adds is the difference of the medians of a pair of windows.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median, quantiles

from against import Rows, Side, Sides, compare, load, show
from builds import build_here, check_install
from processes import HERE, Figures, resident_mb, upstream

from helpers.daemon.real_daemon import home
from helpers.engines import valkey

IN_FLIGHT = (1, 16, 64)
WARM_UP_SECONDS = 3.0
LIMITS = """\
[catalog."up/m"]
input_price = 1
output_price = 1

[[limits]]
requests = 1_000_000_000
tokens = 100_000_000_000
usd = 1_000_000
per = "day"
"""
SHARED = """
[shared]
url = "{url}"
namespace = "bench"
machine = "{machine}"
"""


@contextmanager
def open_sides() -> Iterator[Sides]:
    """Start both; a third daemon, in the fleet of the second, has nothing to do."""
    python = build_here("shared")
    check_install(python)
    with ExitStack() as stack:
        port = stack.enter_context(upstream())
        url = stack.enter_context(valkey(persists=True)).url
        ways = {
            "local": LIMITS,
            "shared": LIMITS + SHARED.format(url=url, machine="busy"),
            "idle": LIMITS + SHARED.format(url=url, machine="idle"),
        }
        local, shared, idle = (
            Side(name, python, stack.enter_context(home(python=str(python))), more=more)
            for name, more in ways.items()
        )
        for side in (local, shared, idle):
            side.start(port)
        yield local, shared


def by_turns(sides: Sides, pairs: int, in_flight: int, seconds: float) -> Rows:
    """Load both in turn; return the comparison, and what sharing adds to the median."""
    window = load(in_flight, seconds)
    taken: dict[Side, list[Figures]] = {side: [] for side in sides}
    for number in range(pairs):
        for side in sides[:: -1 if number % 2 else 1]:
            taken[side].append(window(side))
    local, shared = (taken[side] for side in sides)
    rows = {name: compare([p[name] for p in local], [p[name] for p in shared]) for name in local[0]}
    names = ("median ms", "p99 ms")
    pairs_of = {
        name: [s[name] - o[name] for o, s in zip(local, shared, strict=True)] for name in names
    }
    return rows | {f"added, {name}": spread(found) for name, found in pairs_of.items()}


def spread(added: list[float]) -> dict[str, float]:
    """Return the median and the quartiles of what was added in each pair."""
    low, _, high = quantiles(added, method="inclusive") if added[1:] else added * 3
    return {"median": median(added), "low": low, "high": high}


def measure(sides: Sides, pairs: int, seconds: float) -> Iterator[tuple[str, Rows]]:
    """Run everything."""
    for side in sides:
        load(max(IN_FLIGHT), WARM_UP_SECONDS)(side)
    for in_flight in IN_FLIGHT:
        yield f"{in_flight} in flight", by_turns(sides, pairs, in_flight, seconds)
    local, shared = (resident_mb(side.pid) for side in sides)
    yield "memory, after load", {"resident, MB": compare([local], [shared])}


def with_shared(options: argparse.Namespace) -> None:
    """Measure and print."""
    os.chdir(HERE)  # where no `aircherd` lies: Python would take that one
    table = {}
    with open_sides() as sides:
        for name, rows in measure(sides, options.pairs, options.seconds):
            table[name] = rows
            if not options.json:
                print_part(name, rows, sides)
        refuse_unshared(sides[1])
    if options.json:
        print(json.dumps(table))


def print_part(name: str, rows: Rows, sides: Sides) -> None:
    """Print the comparison, and what was added."""
    compared = {what: row for what, row in rows.items() if "median" not in row}
    show(name, compared, [side.name for side in sides])
    for what, row in rows.items():
        if what not in compared:
            line = "{median:>24,.3f}           {low:.3f} to {high:.3f}".format_map(row)
            print(f"  {what:<34}{line}", flush=True)


def refuse_unshared(side: Side) -> None:
    """Fail if the limits were not shared after all: then the figures say nothing."""
    with side.home.client() as client:
        found = client.call("status")["shared"]
    if found["state"] != "ok":
        sys.exit(f"the limits were not shared: {found}")
