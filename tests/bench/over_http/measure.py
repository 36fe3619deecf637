"""Loads all gateways by turns, and prints what ours adds to the upstream alone.

Every gateway gets the same requests from the same load generator, each in a process of its own. A
round is one short window of each; the order changes from round to round, so other work on the
machine affects all of them alike.
"""

import argparse
import json
import os
from collections.abc import Callable, Iterator
from functools import partial

from against import EVENTS, STREAMS
from peers import IN_FLIGHT, Gateway, Row, compare_gateways, show
from processes import HERE, Figures, upstream

from over_http.gateways import HttpGateway, open_gateways

COMPILE_SECONDS = 5.0
"""How long each gateway is loaded before the first round: Node.js compiles hot code late."""
GO = [{"role": "user", "content": "go"}]
CARRIED: dict[str, tuple[str, dict[str, object]]] = {
    "verbatim": ("/v1/chat/completions", {"messages": GO}),
    "translated": ("/v1/messages", {"messages": GO, "max_tokens": 64_000}),
}
"""How our daemon carries a reply of the upstream -> the path and what the body has, besides."""

Table = dict[str, dict[str, Row]]


def measure(options: argparse.Namespace) -> Iterator[tuple[str, dict[str, Row], list[str]]]:
    """Run everything; yield the name, the rows and the names of the columns of each part."""
    with upstream() as port, open_gateways(options, port) as gateways:
        if not options.json:
            print(", ".join(f"{each.name} {each.version}".strip() for each in gateways), flush=True)
        for each in gateways:
            each.load(max(IN_FLIGHT), COMPILE_SECONDS)
        columns = [Gateway(each.name, each.version, each.load) for each in gateways]
        names = [each.name for each in gateways]
        for in_flight in IN_FLIGHT:
            rows = compare_gateways(columns, in_flight, options.pairs, options.seconds)
            yield f"{in_flight} in flight", rows | added(rows, names), names
        ours, bare = gateways[0], next(each for each in gateways if each.name == "bare")
        for how in CARRIED:
            for streams in STREAMS:
                rows = by_turns(ours, bare, how, streams, max(3, options.pairs // 2))
                yield f"{streams} streams {how}", rows, ["aircherd", "bare"]


def added(rows: dict[str, Row], names: list[str]) -> dict[str, Row]:
    """Return the row of what each gateway adds to the upstream's own median."""
    medians = {name: rows["median ms"][name]["median"] for name in names}
    return {
        "added median ms": {
            name: {"median": medians[name] - medians["bare"]} for name in names if name != "bare"
        }
    }


def by_turns(
    ours: HttpGateway, bare: HttpGateway, how: str, streams: int, rounds: int
) -> dict[str, Row]:
    """Read streams through our daemon and from the upstream alone."""
    events = EVENTS // streams
    path, body = CARRIED[how]
    direct = (f"/s/{events}/v1/chat/completions", {})
    columns = [
        column(ours, partial(ours.stream, f"flood{streams}/m", path=path, body=body)),
        column(bare, partial(bare.stream, "m", path=direct[0], body=direct[1])),
    ]
    return compare_gateways(columns, streams, rounds, 0.0)


def column(gateway: HttpGateway, read: Callable[..., Figures]) -> Gateway:
    """Return a gateway whose window reads as many streams as others have requests in flight."""
    return Gateway(gateway.name, gateway.version, lambda streams, _seconds: read(streams=streams))


def over_http(options: argparse.Namespace) -> None:
    """Measure and print."""
    os.chdir(HERE)  # where no `aircherd` lies: Python would take that one
    table: Table = {}
    for name, rows, names in measure(options):
        table[name] = rows
        if not options.json:
            show(name, rows, names)
    if options.json:
        print(json.dumps(table))
