"""Two real daemons: `front` has no key, and asks `back`, which has keys for the simulator."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from aircher_client import Client
from aircherd.testing.simulator import Simulator
from helpers.daemon.ipc_requests import KEYS
from helpers.daemon.real_daemon import Home, home, simulator

BACK = """\
[providers.work]
kind = "openai"
base_url = "{url}/v1"
env = "WORK_KEY"

[providers.spare]
kind = "anthropic"
base_url = "{url}"
env = "SPARE_KEY"

[providers.draws]
kind = "gemini"
base_url = "{url}"
env = "OWN_KEY"

[providers.bare]
kind = "openai"
base_url = "{url}/v1"
env = "NO_SUCH_KEY"

[providers.ollama]
base_url = "http://127.0.0.1:1"

[providers.front]
kind = "socket"
path = "{front}"

[models.chain]
routes = ["work/gpt-5.5", "spare/claude-sonnet-5"]

[catalog."spare/claude-sonnet-5"]
input_price = 3
output_price = 15
"""

FRONT = """\
[network]
connect_timeout = 1

[providers.laptop]
kind = "socket"
path = "{back}"

[providers.own]
kind = "gemini"
base_url = "{url}"
env = "OWN_KEY"

[providers.ollama]
base_url = "http://127.0.0.1:1"

[models.safe]
routes = ["laptop/work/gpt-5.5", "own/gemini-3.8-flash"]
"""

OWN_KEY = {"OWN_KEY": "canary-own-0123456789abcdef"}


class Pair(NamedTuple):
    """The daemons, and what answers in the end."""

    front: Home
    back: Home
    sim: Simulator


@pytest.fixture(scope="module")
def both() -> Iterator[Pair]:
    """Both daemons; they are shared by the tests of a module."""
    with simulator() as sim, home() as back, home() as front:
        sim.keys.accept("openai", KEYS["WORK_KEY"])
        sim.keys.accept("anthropic", KEYS["SPARE_KEY"])
        sim.keys.accept("gemini", OWN_KEY["OWN_KEY"])
        back.write_config(BACK.format(url=sim.url, front=front.socket))
        front.write_config(FRONT.format(url=sim.url, back=back.socket))
        back.start({**KEYS, **OWN_KEY})
        front.start(OWN_KEY)
        yield Pair(front, back, sim)


@pytest.fixture
def pair(both: Pair) -> Iterator[Pair]:
    """Both daemons, without faults and cooldowns."""
    yield both
    both.sim.faults.clear()
    for each in (both.front, both.back):
        with each.client() as client:
            client.call("cooldowns.clear", {})


@pytest.fixture
def client(pair: Pair) -> Iterator[Client]:
    """A client of `front`."""
    with pair.front.client() as connected:
        yield connected


@pytest.fixture
def direct(pair: Pair) -> Iterator[Client]:
    """A client of `back`."""
    with pair.back.client() as connected:
        yield connected
