"""Attacks a real daemon and says which bounds held.

    .venv/bin/python tests/hardness                     every attack that has a short form
    .venv/bin/python tests/hardness --whole [NAME ...]  in its whole form, several minutes
    .venv/bin/python tests/hardness --list              their names, with a sentence each

The exit code is 1 if a bound did not hold. `docs/contributing.md` says how to write an attack.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

# Instead of this folder, whose `secrets` is not that of Python.
sys.path[0] = str(Path(__file__).parent.parent)

import trio  # noqa: E402 - the path first

from hardness.arena import carry_out  # noqa: E402
from hardness.attack import Row, judge  # noqa: E402
from hardness.collection import all_attacks  # noqa: E402


def main() -> int:
    """Attack and print."""
    options, attacks = parse(), all_attacks()
    if unknown := [name for name in options.names if name not in attacks]:
        print(f"unknown: {', '.join(unknown)}; see --list", file=sys.stderr)
        return 2
    chosen = [attacks[name] for name in options.names or attacks]
    if options.list:
        for attack in chosen:
            print(f"{attack.name:<28}{attack.sentence}")
        return 0
    rows: list[Row] = []
    for attack in chosen:
        size = attack.whole if options.whole else attack.short
        if not size:
            continue
        found = judge(attack, trio.run(carry_out, attack, size), slack=options.slack)
        rows += found
        if not options.json:
            print_rows(found)
    if options.json:
        print(json.dumps([asdict(row) for row in rows]))
    return 0 if all(row.held for row in rows) else 1


def print_rows(rows: list[Row]) -> None:
    """Print one attack's part of the table."""
    for row in rows:
        held = "" if not row.bound else "held" if row.held else "NOT HELD"
        line = f"{row.attack:<28}{row.figure:<20}{row.value:>12,.1f}  {row.bound:<12}{held}"
        print(line.rstrip(), flush=True)
    print(flush=True)


def parse() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser("tests/hardness", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="attacks, all without one")
    parser.add_argument("--whole", action="store_true", help="in the whole size")
    parser.add_argument("--json", action="store_true", help="one JSON list")
    parser.add_argument("--list", action="store_true", help="list the attacks")
    parser.add_argument("--slack", type=float, default=1.0, help="a factor for bounds on times")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
