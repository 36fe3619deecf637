"""This tree's daemon and other gateways, loaded by turns over one upstream.

    .venv/bin/python tests/bench/peers.py [--pairs N] [--seconds S] [--json]
        [--tensorzero-python PATH] [--portkey-dir DIR]

    aircherd     installed as a user's would be, called through its Unix socket
    tz-async     TensorZero's Rust core, embedded in the Python process that calls it: by an
                 asyncio task for each request in flight
    tz-threads   the same core, called by a thread for each request in flight
    portkey      Portkey's open-source gateway, a Node.js server called over loopback HTTP

All forward the same small request, not streamed, with 1, 16 and 64 in flight. A round is one
short window of each; the order changes from round to round, so other work on the machine affects
all of them alike. Printed are each gateway's medians, and the median and quartiles of the rounds'
ratios. Each load generator is a process of its own. TensorZero's process is gateway and client in
one, so its CPU compares with that of another gateway and its client together.

A gateway that is not installed is left out, and the command that installs it is printed.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from shutil import which
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent.parent))

from against import Side, compare
from builds import ROOT, build_here, check_install
from processes import HERE, Figures, cpu_us, own_environ, run, upstream

from helpers.daemon.real_daemon import home, wait_until

OURS = "aircherd"
IN_FLIGHT = (1, 16, 64)
COMPILE_SECONDS = 10.0
"""How long each gateway is loaded before the first round: Node.js compiles hot code late."""
PORTKEY_SERVER = Path("node_modules", "@portkey-ai", "gateway", "build", "start-server.js")
INSTALL_TENSORZERO = (
    "TensorZero is left out: install it with `python -m venv DIR && DIR/bin/pip install tensorzero`"
    " and add `--tensorzero-python DIR/bin/python`"
)
INSTALL_PORTKEY = (
    "Portkey is left out: install Node.js, run `npm install --prefix DIR @portkey-ai/gateway`"
    " and add `--portkey-dir DIR`"
)

Row = dict[str, dict[str, float]]
"""For one figure, by gateway: `median`; for a peer also `ratio`, `low` and `high`, ours to it."""
Load = Callable[[int, float], Figures]


class Gateway(NamedTuple):
    """A gateway that is running; `load` takes the number in flight and the seconds of a window."""

    name: str
    version: str
    load: Load


# ---------------------------------------------------------------- the gateways


@contextmanager
def open_aircherd(port: int) -> Iterator[Gateway]:
    """Install and start this tree's daemon; `port` is the upstream's."""
    python = build_here()
    check_install(python)
    with home(python=str(python)) as made:
        side = Side(OURS, python, made)
        side.start(port)
        version = output(["git", "-C", str(ROOT), "describe", "--always", "--dirty"])
        yield Gateway(OURS, version, partial(load_server, side.pid, ["daemon", made.socket], []))


@contextmanager
def open_portkey(port: int, server: Path) -> Iterator[Gateway]:
    """Start the Node.js server, without its log page; `port` is the upstream's."""
    own_port = free_port()
    with subprocess.Popen(
        ["node", str(server), "--headless", f"--port={own_port}"],
        env={"PATH": os.environ["PATH"], "NODE_ENV": "production"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            wait_until(partial(is_listening, process, own_port), "portkey listens")
            package = server.parent.parent / "package.json"
            version = json.loads(package.read_text())["version"]
            headers = [
                "x-portkey-provider: openai",
                f"x-portkey-custom-host: http://127.0.0.1:{port}/v1",
            ]
            load = partial(load_server, process.pid, ["bare", own_port], headers)
            yield Gateway("portkey", version, load)
        finally:
            process.kill()


def tensorzero(port: int, python: Path) -> list[Gateway]:
    """Return its two clients, which start the core for each window; none if not installed."""
    script = "from importlib.metadata import version; print(version('tensorzero'))"
    version = output([str(python), "-c", script]) if python.exists() else ""
    return [
        Gateway(f"tz-{how}", version, partial(load_tensorzero, port, str(python), how))
        for how in (("async", "threads") if version else ())
    ]


def output(command: list[str]) -> str:
    """Run a command and return what it printed; nothing if it failed."""
    done = subprocess.run(command, env=own_environ(), capture_output=True, text=True, check=False)
    return "" if done.returncode else done.stdout.strip()


def free_port() -> int:
    """Return a loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_listening(process: "subprocess.Popen[bytes]", port: int) -> bool:
    """Return whether a server accepts connections on this port."""
    assert process.poll() is None, f"the server exited with {process.returncode}"
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def open_gateways(options: argparse.Namespace) -> Iterator[list[Gateway]]:
    """Start all that are installed, ours first."""
    with ExitStack() as stack:
        port = stack.enter_context(upstream())
        gateways = [stack.enter_context(open_aircherd(port))]
        embedded = options.tensorzero_python and tensorzero(port, options.tensorzero_python)
        if embedded:
            gateways.extend(embedded)
        else:
            print(INSTALL_TENSORZERO, file=sys.stderr)
        server = options.portkey_dir and options.portkey_dir / PORTKEY_SERVER
        if server and server.exists() and which("node"):
            gateways.append(stack.enter_context(open_portkey(port, server)))
        else:
            print(INSTALL_PORTKEY, file=sys.stderr)
        yield gateways


# ---------------------------------------------------------------- a window


def load_server(
    pid: int, target: Sequence[object], headers: list[str], in_flight: int, seconds: float
) -> Figures:
    """Load a gateway that is a process of its own, from another."""
    before = cpu_us(pid)
    found = run("load.py", *target, in_flight, seconds, *headers)
    cpu = (cpu_us(pid) - before) / found["requests"]
    together = cpu + found["client_cpu_us"]
    return {**speed(found), "gateway CPU, us": cpu, "gateway and client CPU, us": together}


def load_tensorzero(port: int, python: str, how: str, in_flight: int, seconds: float) -> Figures:
    """Load the embedded gateway."""
    found = run("peer_tensorzero.py", how, port, in_flight, seconds, python=python)
    return {**speed(found), "gateway and client CPU, us": found["client_cpu_us"]}


def speed(found: Figures) -> Figures:
    """Return what every load generator reports."""
    return {
        "requests/s": found["per_second"],
        "median ms": found["median_ms"],
        "p99 ms": found["p99_ms"],
    }


# ---------------------------------------------------------------- the comparison


def compare_gateways(
    gateways: list[Gateway], in_flight: int, rounds: int, seconds: float
) -> dict[str, Row]:
    """Load all by turns; return a row for each figure."""
    taken: dict[str, list[Figures]] = {gateway.name: [] for gateway in gateways}
    for number in range(rounds):
        first = number % len(gateways)
        order = gateways[first:] + gateways[:first]
        for gateway in order[:: -1 if number % 2 else 1]:
            taken[gateway.name].append(gateway.load(in_flight, seconds))
    return {figure: row_of(taken, figure) for figure in taken[OURS][0]}


def row_of(taken: dict[str, list[Figures]], figure: str) -> Row:
    """Compare one figure of ours with that of every peer that has it."""
    values = {
        name: [each[figure] for each in figures]
        for name, figures in taken.items()
        if figure in figures[0]
    }
    row: Row = {}
    for name, theirs in values.items():
        compared = compare(theirs, values[OURS])
        row[name] = {"median": compared["old"]}
        if name != OURS:
            row[name] |= {part: compared[part] for part in ("ratio", "low", "high")}
    return row


def show(title: str, rows: dict[str, Row], names: list[str]) -> None:
    """Print the medians of all gateways, then ours divided by each peer's."""
    peers = names[1:]
    heads = "".join(f"{name:>13}" for name in names)
    ratios = "".join(f"{f'{OURS}/{peer}':>26}" for peer in peers)
    print(f"\n{title:<28}{heads}{ratios}")
    for figure, row in rows.items():
        medians = "".join(f"{row[n]['median']:>13,.2f}" if n in row else " " * 13 for n in names)
        print(f"  {figure:<26}{medians}{''.join(spread(row.get(n)) for n in peers)}", flush=True)


def spread(ratio: dict[str, float] | None) -> str:
    """Format the ratio and its quartiles."""
    text = (
        "{ratio:.2f} ({low:.2f} to {high:.2f})".format_map(ratio)
        if "ratio" in (ratio or ())
        else ""
    )
    return f"{text:>26}"


def main() -> None:
    """Measure and print."""
    options = parse()
    os.chdir(HERE)  # where no `aircherd` lies: Python would take that one
    table: dict[str, object] = {}
    with open_gateways(options) as gateways:
        if not gateways[1:]:
            raise SystemExit("there is no peer to compare with")
        versions = {gateway.name: gateway.version for gateway in gateways}
        table["versions"] = versions
        if not options.json:
            print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
            print(", ".join(f"{name} {version}" for name, version in versions.items()), flush=True)
        for gateway in gateways:
            gateway.load(max(IN_FLIGHT), COMPILE_SECONDS)
        for in_flight in IN_FLIGHT:
            rows = compare_gateways(gateways, in_flight, options.pairs, options.seconds)
            table[f"{in_flight} in flight"] = rows
            if not options.json:
                show(f"{in_flight} in flight", rows, list(versions))
    if options.json:
        print(json.dumps(table))


def absolute_path(text: str) -> Path:
    """Return an option's path, which stays right in another working directory."""
    return Path(text).absolute()


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=10, help="rounds, a window of each gateway")
    parser.add_argument("--seconds", type=float, default=1.0, help="of a window")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument(
        "--tensorzero-python",
        type=absolute_path,
        metavar="PATH",
        help="a Python that has `tensorzero`",
    )
    parser.add_argument(
        "--portkey-dir",
        type=absolute_path,
        metavar="DIR",
        help="where npm installed @portkey-ai/gateway",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
