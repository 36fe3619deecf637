"""What cools on one machine cools on the other: two real daemons, a real engine, the simulator.

They call the same provider and its key by different names, and the clock of one is an hour ahead.
"""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import pytest

from aircher_client.errors import ClientError
from aircherd.testing.simulator import Fault, Simulator
from helpers.daemon.real_daemon import Home, simulator, wait_until
from helpers.daemon.real_daemon import home as open_home
from helpers.engines import Engine, valkey
from helpers.fleet.machines import CLOCK_PROGRAM

KEY, OTHER = "canary-work-0123456789abcdef", "canary-other-0123456789abcdef"
SPARE = "canary-spare-0123456789abcdef"
OLD, NEW = "canary-old-0123456789abcdef", "canary-new-0123456789abcdef"
AHEAD = 3600.0

CONFIG = """
[providers.{name}]
kind = "openai"
base_url = "{url}/v1"
env = "{name}_KEY"

[providers.second]
kind = "openai"
base_url = "{url}/v1"
env = "SECOND_KEY"

[providers.rotated]
kind = "openai"
base_url = "{url}/v1"
key_command = ["cat", "{file}"]

[providers.spare]
kind = "anthropic"
base_url = "{url}"
env = "SPARE_KEY"

[providers.ollama]
base_url = "http://127.0.0.1:1"

[models.chain]
routes = ["{name}/gpt-5.5", "spare/claude-sonnet-5"]
"""
SHARED = """
[shared]
url = "{url}"
machine = "{label}"
"""


class Machine(NamedTuple):
    """One daemon, and what it calls the provider that both have."""

    home: Home
    label: str
    name: str
    config: str

    def call(self, method: str, params: dict[str, object] | None = None) -> Any:
        with self.home.client() as client:
            return client.call(method, params or {})

    def ask(self, model: str = "chain") -> dict[str, Any]:
        """Return the answer to a chat, or the error's data."""
        messages = [{"role": "user", "content": "hello"}]
        try:
            return self.call("chat", {"model": model, "messages": messages, "stream": False})
        except ClientError as error:
            return error.data

    def health(self, provider: str = "") -> str:
        """Return the health of a provider: of the one that both have."""
        rows = self.call("auth.status")["rows"]
        return next(row["health"] for row in rows if row["provider"] == (provider or self.name))

    def share(self, url: str | None) -> None:
        """Write the configuration with or without `[shared]`, and load it."""
        shared = "" if url is None else SHARED.format(url=url, label=self.label)
        self.home.write_config(self.config + shared)
        self.call("config.reload")


class Fleet(NamedTuple):
    """Both machines. `server` has the clock that is ahead."""

    laptop: Machine
    server: Machine
    engine: Engine
    sim: Simulator

    def limit(self, seconds: float | None = 600) -> None:
        """Let the provider refuse the next request, for a while if it says so."""
        how: dict[str, Any] = {"retry_after": seconds}
        if seconds is None:
            left = {"x-ratelimit-remaining-requests": "5"}
            how = {"retry_format": "none", "message": "slow down", "headers": left}
        self.sim.faults.add(Fault("error", error="rate_limit", vendor="openai", **how))

    def requests(self) -> int:
        """Return how many chats the provider has got."""
        return sum("/chat/completions" in each.request.path for each in self.sim.requests)


@pytest.fixture(scope="module")
def running() -> Iterator[Fleet]:
    with valkey() as engine, simulator() as sim, open_home() as one, open_home() as two:
        sim.keys.accept("openai", KEY, OTHER, OLD, NEW)
        sim.keys.accept("anthropic", SPARE)
        machines = []
        for home, label, name in ((one, "laptop", "work"), (two, "server", "job")):
            home.environ |= {f"{name}_KEY": KEY, "SECOND_KEY": OTHER, "SPARE_KEY": SPARE}
            file = home.root / "rotated.key"
            file.write_text(OLD)
            config = CONFIG.format(name=name, url=sim.url, file=file)
            machine = Machine(home, label, name, config)
            home.write_config(machine.config + SHARED.format(url=engine.url, label=label))
            machines.append(machine)
        one.start()
        two.start({"SHIFTED_SECONDS": str(AHEAD)}, program=("-P", CLOCK_PROGRAM))
        yield Fleet(*machines, engine, sim)


@pytest.fixture
def fleet(running: Fleet) -> Iterator[Fleet]:
    """Both machines, with nothing that cools."""
    for machine in (running.laptop, running.server):
        wait_until(
            lambda machine=machine: machine.call("status")["shared"]["state"] == "ok",
            "the engine is there",
        )
        machine.call("cooldowns.clear")
    for machine in (running.laptop, running.server):
        wait_until(lambda machine=machine: machine.health() == "ok", "nothing cools")
    yield running
    running.sim.faults.clear()


def test_what_one_machine_learns_the_other_knows(fleet: Fleet) -> None:
    """It does not call, says why, and for how long by its own clock; clearing is for both."""
    fleet.limit(600)
    first = fleet.laptop.ask()
    assert [each["outcome"] for each in first["attempts"]] == ["rate_limited", "ok"]
    wait_until(lambda: fleet.server.health() == "cooling", "the server knows")
    before = fleet.requests()
    second = fleet.server.ask()
    assert [each["provider"] for each in second["attempts"]] == ["spare"]
    [skipped] = second["skipped"]
    assert skipped["reason"] == "rate_limited"
    assert "rate limit reached, as machine 'laptop' of the fleet has learned" in skipped["message"]
    assert skipped["until"] - (time.time() + AHEAD) == pytest.approx(600, abs=30)
    assert fleet.requests() == before
    listed = fleet.server.home.cli("cooldowns")
    assert "as machine 'laptop' of the fleet has learned" in listed.stdout
    assert fleet.server.call("cooldowns.clear", {"provider": "job"}) == {"cleared": 1}
    wait_until(lambda: fleet.laptop.health() == "ok", "the laptop knows")
    assert fleet.laptop.ask()["provider"] == "work"


def test_other_keys_go_on(fleet: Fleet) -> None:
    """Those of other accounts, and the one that replaces a key on one machine."""
    fleet.limit(600)
    fleet.server.ask()
    wait_until(lambda: fleet.laptop.health() == "cooling", "the laptop knows")
    assert fleet.laptop.ask("second/gpt-5.5")["provider"] == "second"
    fleet.laptop.home.login("work", OTHER)
    assert fleet.laptop.ask()["provider"] == "work"
    assert fleet.server.ask()["provider"] == "spare"
    fleet.laptop.call("auth.logout", {"provider": "work"})
    wait_until(lambda: fleet.laptop.health() == "cooling", "the old key is back, and cools")


def test_a_key_that_is_rotated_on_one_machine(fleet: Fleet) -> None:
    """The old one is refused to the other machine alone, until it has the new one too."""
    for machine in (fleet.laptop, fleet.server):
        assert machine.ask("rotated/gpt-5.5")["provider"] == "rotated"
    (fleet.laptop.home.root / "rotated.key").write_text(NEW)
    fleet.sim.keys.revoke("openai", OLD)
    refused = fleet.server.ask("rotated/gpt-5.5")
    assert [each["outcome"] for each in refused["attempts"]] == ["auth_rejected"]
    answered = fleet.laptop.ask("rotated/gpt-5.5")
    assert [each["outcome"] for each in answered["attempts"]] == ["auth_rejected", "ok"]
    (fleet.server.home.root / "rotated.key").write_text(NEW)
    fleet.server.call("config.reload")
    assert fleet.server.ask("rotated/gpt-5.5")["provider"] == "rotated"
    fleet.limit(600)
    assert "attempts" in fleet.laptop.ask("rotated/gpt-5.5")
    wait_until(lambda: fleet.server.health("rotated") == "cooling", "the server knows")
    [skipped] = fleet.server.ask("rotated/gpt-5.5")["skipped"]
    assert "as machine 'laptop' of the fleet has learned" in skipped["message"]


def test_one_machine_probes_after_a_guessed_end(fleet: Fleet) -> None:
    """The other one, which comes at the same time, does not call."""
    for _ in range(3):
        fleet.limit(None)
        fleet.laptop.ask("work/gpt-5.5")
    wait_until(lambda: fleet.server.health() == "cooling", "the server knows")
    wait_until(lambda: fleet.server.health() == "ok", "its end has come")
    wait_until(lambda: fleet.laptop.health() == "ok", "its end has come")
    before = fleet.requests()
    fleet.sim.faults.add(Fault("slow_head", vendor="openai", seconds=0.01))
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(each.ask) for each in (fleet.laptop, fleet.server) * 2]
    answers = sorted(each.result()["provider"] in ("work", "job") for each in asked)
    assert answers == [False, False, False, True]
    assert fleet.requests() == before + 1


def test_connections_that_are_lost_lose_nothing(fleet: Fleet) -> None:
    """Messages are lost with them; each machine asks what it has missed."""
    fleet.limit(600)
    fleet.engine.command("CLIENT", "KILL", "TYPE", "pubsub")
    fleet.laptop.ask()
    wait_until(lambda: fleet.server.health() == "cooling", "the server knows")
    fleet.engine.command("CLIENT", "KILL", "TYPE", "pubsub")
    assert fleet.server.call("cooldowns.clear")["cleared"] > 0
    wait_until(lambda: fleet.laptop.health() == "ok", "the laptop knows")


def test_without_the_engine_each_goes_on_and_then_they_agree(fleet: Fleet) -> None:
    """Although it comes back with nothing: what cools is sent again."""
    fleet.engine.stop()
    fleet.limit(600)
    assert fleet.laptop.ask()["provider"] == "spare"
    assert fleet.server.ask()["provider"] == "job"
    assert fleet.laptop.health() == "cooling"
    fleet.engine.start()
    wait_until(lambda: fleet.server.health() == "cooling", "the server knows")


def test_a_machine_that_joins_learns_what_cools(fleet: Fleet) -> None:
    """By a `[shared]` that is taken away and written again while it runs."""
    fleet.server.share(None)
    fleet.limit(600)
    assert fleet.laptop.ask()["provider"] == "spare"
    assert fleet.server.ask()["provider"] == "job"
    fleet.server.share(fleet.engine.url)
    wait_until(lambda: fleet.server.health() == "cooling", "the server knows")


def test_what_is_left_of_a_key_is_known_to_both(fleet: Fleet) -> None:
    """As the last response to any machine said."""
    left = {"x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "7"}
    fleet.sim.faults.add(Fault("close_after", vendor="openai", headers=left))
    assert fleet.laptop.ask()["provider"] == "work"

    def seen() -> object:
        rows = fleet.server.call("auth.status")["rows"]
        row = next(each for each in rows if each["provider"] == "job")
        return [
            each["remaining"] for each in row.get("rate_limit", ()) if each["counted"] == "requests"
        ]

    wait_until(lambda: seen() == [7], "the server knows")


def test_the_engine_has_no_names_and_no_keys(fleet: Fleet) -> None:
    """Neither in what is kept, nor in the logs of the daemons."""
    fleet.limit(600)
    fleet.laptop.ask()
    wait_until(lambda: fleet.server.health() == "cooling", "the server knows")
    kept = json.dumps(fleet.engine.command("HGETALL", "{aircher}:cooldowns"), default=repr)
    assert "gpt-5.5" in kept
    for name in (KEY, OTHER, SPARE, "work", "job", fleet.sim.url):
        assert name not in kept
    for machine in (fleet.laptop, fleet.server):
        assert KEY not in machine.home.log()
