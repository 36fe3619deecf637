"""Measures what a changed configuration with 200 providers takes of the daemon's loop.

    .venv/bin/python tests/bench/background/reload.py

All providers change each time. Printed are the median and the longest of: the CPU time of the
longest step of the loop, the CPU time of all steps, and the time from the save to the effect. The
file is parsed in a thread, so a step may also wait up to 5 ms for the interpreter.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import trio

sys.path.insert(0, str(Path(__file__).parents[2]))

from aircherd.api.services import Services, Shutdown
from aircherd.app import open_daemon
from aircherd.logging_setup import configure_logging
from aircherd.redaction import Redactor
from aircherd.testing.keyring import MemoryStore

PROVIDERS = 200
ENTRY = """\
[providers.p{n}]
kind = "openai"
base_url = "http://127.0.0.1:{port}/{n}/v1"
env = "KEY_{n}"
headers = {{ X-Org = "org-{n}" }}

[models.m{n}]
routes = ["p{n}/one", "p{n}/two"]

"""


class Steps(trio.abc.Instrument):
    """The CPU time of the loop's steps, in seconds."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Count from now on."""
        self.longest = self.total = 0.0
        self._began = time.thread_time()

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        """Begin a step."""
        self._began = time.thread_time()

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        """End it."""
        took = time.thread_time() - self._began
        self.longest = max(self.longest, took)
        self.total += took


def save(file: Path, port: int) -> None:
    """Write the configuration."""
    file.write_text("".join(ENTRY.format(n=n, port=port) for n in range(PROVIDERS)))


async def reload(services: Services, file: Path, port: int) -> float:
    """Save the file and wait for the effect; return the seconds."""
    done = trio.Event()
    with services.bus.subscribed(("config",), lambda _: done.set()):
        began = time.perf_counter()
        save(file, port)
        await done.wait()
    return time.perf_counter() - began


async def measure(root: Path, times: int) -> dict[str, list[float]]:
    """Return the seconds of each reload, by what was measured."""
    environ = {name: str(root / name) for name in ("HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME")}
    environ |= {f"KEY_{n}": f"bench-key-{n:016d}" for n in range(PROVIDERS)}
    file = root / "HOME" / ".aircher" / "config.toml"
    for folder in (root / "XDG_RUNTIME_DIR", file.parent):
        folder.mkdir(mode=0o700, parents=True)
    steps, figures = Steps(), []
    async with open_daemon(environ, Redactor(), Shutdown(), keyring=MemoryStore()) as services:
        await reload(services, file, 1)
        trio.lowlevel.add_instrument(steps)
        for port in range(2, 2 + times):
            steps.reset()
            took = await reload(services, file, port)
            figures.append((steps.longest, steps.total, took))
    names = ("longest step", "all steps", "to the effect")
    return {
        name: list(values) for name, values in zip(names, zip(*figures, strict=True), strict=True)
    }


def main() -> None:
    """Run it in a folder of its own, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=20, help="how many reloads")
    parser.add_argument("--json", action="store_true", help="one JSON object, in seconds")
    options = parser.parse_args()
    configure_logging(Redactor(), level="warning")
    with tempfile.TemporaryDirectory(prefix="air") as root:
        figures = trio.run(measure, Path(root), options.times)
    if options.json:
        print(json.dumps(figures))
        return
    for name, values in figures.items():
        print(f"{name:<14}{1000 * median(values):>8.1f} ms, at most {1000 * max(values):.1f}")


if __name__ == "__main__":
    main()
