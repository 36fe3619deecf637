"""`python -m aircherd.testing.simulator`: runs the simulator as a separate process.

The first line on standard output is its URL. It ends on SIGTERM or SIGINT. Keys are passed as
arguments, since they are made up.
"""

import argparse
import signal
import sys
from collections.abc import Sequence

import trio

from aircherd.testing.simulator.behaviour import Behaviour
from aircherd.testing.simulator.server import open_simulator
from aircherd.testing.simulator.vendors import VENDORS


def main(argv: Sequence[str] | None = None) -> int:
    """Parse `argv` and serve until a signal comes."""
    arguments = _build_parser().parse_args(argv)
    behaviour = Behaviour(
        text=arguments.text,
        delay=arguments.delay,
        first_delay=arguments.first_delay,
        events_per_write=arguments.events_per_write,
        repeat_answers=arguments.repeat_answers,
    )
    trio.run(
        _run_simulator, arguments.port, arguments.accept_key, behaviour, arguments.shared_paths
    )
    return 0


async def _run_simulator(
    port: int, accepted: list[tuple[str, str]], behaviour: Behaviour, shared_paths: str
) -> None:
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async with open_simulator(
            port=port, behaviour=behaviour, shared_paths=shared_paths
        ) as simulator:
            for vendor, key in accepted:
                simulator.keys.accept(vendor, key)
            print(simulator.url, flush=True)
            async for _signal in signals:  # no deadline: it runs until stopped
                break


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m aircherd.testing.simulator",
        description="Serve the model vendors' APIs, simulated, on 127.0.0.1.",
    )
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    parser.add_argument(
        "--accept-key",
        type=_vendor_key,
        action="append",
        default=[],
        metavar="VENDOR=KEY",
        help=f"accept a key ({', '.join(VENDORS)}); * accepts any; may be repeated",
    )
    parser.add_argument("--text", help="the reply to every prompt; without it: the prompt")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds between writes")
    parser.add_argument("--first-delay", type=float, default=0.0, help="seconds before the head")
    parser.add_argument("--events-per-write", type=int, default=1, metavar="N")
    parser.add_argument(
        "--repeat-answers", action="store_true", help="build each answer once, for benchmarks"
    )
    parser.add_argument("--shared-paths", choices=("openai", "ollama"), default="openai")
    return parser


def _vendor_key(text: str) -> tuple[str, str]:
    vendor, equals, key = text.partition("=")
    if not equals or not key or vendor not in VENDORS:
        raise argparse.ArgumentTypeError(f"write VENDOR=KEY, VENDOR one of {', '.join(VENDORS)}")
    return vendor, key


if __name__ == "__main__":
    sys.exit(main())
