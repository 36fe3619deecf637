"""The machines of a fleet: a real daemon each, with its own home, ledger and label.

    with open_upstream() as upstream, open_machines(10, upstream, engine_url) as machines:
        machines[3].kill()
        machines[3].start()

All of them have a provider `work`, whose model `m` costs `NANO` for each token, and no key.
"""

import json
import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from helpers.daemon.real_daemon import Home, wait_until
from helpers.daemon.real_daemon import home as open_home
from helpers.fleet.upstream import Count, Upstream

NANO = 1_000_000
"""The price of a token in nano-USD: a thousandth of a dollar."""
CLOCK_PROGRAM = str(Path(__file__).with_name("shifted_aircherd.py"))

CONFIG = """\
[providers.work]
kind = "openai"
base_url = "{upstream}/{label}/v1"
auth = "none"

[catalog."work/m"]
input_price = 1000
output_price = 1000
"""
SHARED = """
[shared]
url = "{url}"
namespace = "{namespace}"
machine = "{label}"
{more}
"""


class Machine:
    """One machine. `ahead` is what its clock is ahead of the right time, in seconds."""

    def __init__(self, label: str, home: Home, ahead: float = 0.0) -> None:
        self.label = label
        self.home = home
        self.ahead = ahead

    def __repr__(self) -> str:
        return f"<Machine {self.label}>"

    def start(self) -> None:
        """Start its daemon, and wait until it answers."""
        if self.ahead:
            environ = {"SHIFTED_SECONDS": str(self.ahead)}
            self.home.start(environ, log_level="info", program=("-P", CLOCK_PROGRAM))
        else:
            self.home.start(log_level="info")

    def kill(self) -> None:
        """End its daemon as the kernel would, in the middle of everything."""
        self.home.stop(signal.SIGKILL)

    def call(self, method: str, params: dict[str, object] | None = None) -> dict[str, Any]:
        """Call its daemon."""
        with self.home.client() as client:
            return client.call(method, params or {})

    def knows(self, machines: int) -> bool:
        """Return whether its daemon has seen so many machines."""
        return bool(self.call("status")["shared"].get("machines") == machines)

    def spent(self, client: str) -> Count:
        """Return what its ledger has of a client."""
        rows = self.call("usage.report", {"by": ["client"]})["rows"]
        row = next((row for row in rows if row["client"] == client), None)
        if row is None:
            return Count()
        return Count(row["requests"], row["input_tokens"], row["output_tokens"])


def open_config(label: str, upstream: Upstream, more: str = "") -> str:
    """Return the configuration of one machine."""
    return CONFIG.format(upstream=upstream.url, label=label) + more


def shared_section(url: str, label: str, namespace: str = "proof", more: str = "") -> str:
    """Return the section that makes a machine one of a fleet."""
    return SHARED.format(url=url, namespace=namespace, label=label, more=more)


def limit(per: str = "day", **fields: object) -> str:
    """Return a limit; numbers are written as they are."""
    lines = [f"{name} = {json.dumps(value)}" for name, value in fields.items()]
    return "\n".join(["", "[[limits]]", f'per = "{per}"', *lines, ""])


@contextmanager
def open_machines(
    count: int,
    upstream: Upstream,
    url: str,
    limits: str,
    *,
    ahead: Sequence[float] = (),
    shared: str = "",
) -> Iterator[list[Machine]]:
    """Start machines named `m0`, `m1`, …, all with the same limits, and end them.

    Args:
        count: how many.
        upstream: the provider that they ask.
        url: the engine's address.
        limits: sections of the configuration, see `limit`.
        ahead: what the clocks of the first ones are ahead of the right time, in seconds.
        shared: further lines of `[shared]`.
    """
    with ExitStack() as stack:
        machines = []
        for number in range(count):
            label = f"m{number}"
            made = stack.enter_context(open_home())
            more = shared_section(url, label, more=shared) + limits
            made.write_config(open_config(label, upstream, more))
            machines.append(Machine(label, made, ahead[number] if number < len(ahead) else 0.0))
        start(machines)
        yield machines


def wait_until_met(machines: Sequence[Machine]) -> None:
    """Wait until each of them has seen all: as many share the rest when the engine is away."""
    for machine in machines:
        wait_until(partial(machine.knows, len(machines)), f"{machine} knows all")


def start(machines: Sequence[Machine]) -> None:
    """Start several, as many at once as there are processors."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done in [pool.submit(machine.start) for machine in machines]:
            done.result()
