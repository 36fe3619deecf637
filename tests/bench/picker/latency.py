"""Measures how soon a change in the daemon is on the screen of the picker.

    .venv/bin/python tests/bench/picker/latency.py [--events N] [--json]

A real daemon serves 500 models of a simulated provider, and `aircher-cli models` runs in a
pseudo-terminal of 120x35. Another client checks the key in turn: the provider refuses it, then
accepts it again, and the row turns. Timed is from the event, as this program gets it from the
daemon, to the changed characters on the terminal. The second line begins before the request that
causes the event, so it has the provider's answer in it too.
"""

import argparse
import contextlib
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).parents[2]))

from aircher_client.errors import ClientError
from helpers.daemon.real_daemon import PATIENCE, Home, home, simulator
from helpers.screen.terminal import Terminal

KEY = "canary-work-0123456789abcdef"
CONFIG = """\
default_model = "work/model-7"

[providers.work]
kind = "openai"
base_url = "{url}/v1"

[providers.ollama]
base_url = "http://127.0.0.1:1"
"""
MODELS = 500
EVENTS = 100


@contextlib.contextmanager
def event_times(made: Home) -> Iterator[list[float]]:
    """Give the times of the events about keys, the latest last."""
    times: list[float] = []
    with made.client() as client:
        ready = threading.Event()

        def follow() -> None:
            with contextlib.suppress(ClientError):  # the daemon ends
                events = client.events(["auth"], lambda _: ready.set())
                times.extend(time.perf_counter() for _ in events)

        threading.Thread(target=follow, daemon=True).start()
        assert ready.wait(PATIENCE)
        yield times


def change(made: Home, times: list[float], terminal: Terminal, shown: str) -> tuple[float, float]:
    """Check the key; return the milliseconds from the event, and from the request, to the row."""
    seen = len(times)
    with made.client() as client:
        began = time.perf_counter()
        thread = threading.Thread(
            target=lambda: client.call("auth.test", {"provider": "work"}), daemon=True
        )
        thread.start()
        await_true(lambda: shown in terminal.text, terminal)
        took = time.perf_counter()
        thread.join(PATIENCE)
    await_true(lambda: len(times) > seen, terminal)
    return (took - times[seen]) * 1000, (took - began) * 1000


def await_true(is_so: Callable[[], bool], terminal: Terminal) -> None:
    """Wait, looking every millisecond."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, terminal.text
        time.sleep(0.001)


def summary(times: list[float]) -> dict[str, int]:
    """Return median, 95th percentile and longest, in whole milliseconds."""
    high = quantiles(times, n=20)[-1]
    return {"median": round(median(times)), "p95": round(high), "longest": round(max(times))}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--events", type=int, default=EVENTS, help=f"how many ({EVENTS})")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    taken = measure(arguments.events)
    found = {
        "event to screen": summary([each for each, _ in taken]),
        "request to screen": summary([each for _, each in taken]),
    }
    if arguments.json:
        print(json.dumps(found))
        return
    for what, times in found.items():
        print(f"{what:<20}", ", ".join(f"{name} {each} ms" for name, each in times.items()))


def measure(count: int) -> list[tuple[float, float]]:
    """Return for each event the milliseconds from it, and from its request, to the screen."""
    with simulator() as sim, home() as made:
        sim.keys.accept("openai", KEY)
        sim.behave(models={"openai": [f"model-{n}" for n in range(MODELS)]})
        made.write_config(CONFIG.format(url=sim.url))
        made.start(log_level="info")
        made.login("work", KEY)
        command = [sys.executable, "-m", "aircher_cli", "models"]
        environ = {**made.environ, "TERM": "xterm-256color"}
        with (
            event_times(made) as times,
            Terminal(command, environ, columns=120, rows=35) as terminal,
        ):
            await_true(lambda: "> ✓ ● model-7" in terminal.text, terminal)
            taken = []
            for number in range(count):
                time.sleep(0.3 + number % 7 * 0.05)
                if number % 2:
                    sim.keys.accept("openai", KEY)
                else:
                    sim.keys.revoke("openai", KEY)
                row = "> ✓ ● model-7" if number % 2 else "> ✗ ● model-7"
                taken.append(change(made, times, terminal, row))
            terminal.send(b"\x03")
            terminal.wait()
    return taken


if __name__ == "__main__":
    main()
