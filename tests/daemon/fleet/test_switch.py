"""Whether this daemon is a machine of a fleet, as the configuration says."""

import subprocess
import sys

import trio
from trio.testing import wait_all_tasks_blocked

from aircherd.config.model import Config, EngineAddress, Shared
from aircherd.fleet.switch import FleetSwitch

SHARED = Shared(address=EngineAddress(scheme="redis", host="localhost"))
OTHER = Shared(address=EngineAddress(scheme="redis", host="elsewhere"))


class Member:
    """Stands in for `FleetMember`: `log` says what happened to all of them."""

    def __init__(self, shared: Shared, log: list[str], *, adopts: bool = False) -> None:
        self.host = shared.address.host
        self.log = log
        self.adopts = adopts

    def adopt(self, shared: Shared) -> bool:
        """Go on if this one can."""
        self.log.append(f"adopt {shared.address.host}")
        return self.adopts

    def go_on(self) -> None:
        """Note it."""
        self.log.append(f"go on {self.host}")

    def leave(self) -> None:
        """Note it."""
        self.log.append(f"leave {self.host}")

    async def run(self) -> None:
        """Note the beginning and the end."""
        self.log.append(f"run {self.host}")
        try:
            await trio.sleep_forever()
        finally:
            self.log.append(f"stop {self.host}")


def switch_of(config: Config, *, adopts: bool = False) -> tuple[FleetSwitch, list[str]]:
    log: list[str] = []

    def make(shared: Shared) -> Member:
        return Member(shared, log, adopts=adopts)

    return FleetSwitch(config, make), log  # type: ignore[arg-type] -- it has what is used


async def test_another_engine_replaces_the_first_and_none_ends_it(autojump_clock):
    switch, log = switch_of(Config(providers={}, shared=SHARED))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(switch.run)
        await wait_all_tasks_blocked()
        switch.configure(Config(providers={}, shared=SHARED))
        switch.configure(Config(providers={}, shared=OTHER))
        await wait_all_tasks_blocked()
        switch.configure(Config(providers={}))
        assert switch.current() is None
        await wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    first = ["run localhost", "adopt elsewhere", "leave localhost", "stop localhost"]
    first.insert(3, "go on elsewhere")
    assert log == [*first, "run elsewhere", "leave elsewhere", "stop elsewhere"]


async def test_what_changes_nothing_at_the_engine_is_adopted(autojump_clock):
    switch, log = switch_of(Config(providers={}, shared=SHARED), adopts=True)
    member = switch.current()
    switch.configure(Config(providers={}, shared=OTHER))
    assert switch.current() is member
    assert log == ["adopt elsewhere"]


async def test_a_fleet_may_begin_later(autojump_clock):
    switch, log = switch_of(Config(providers={}))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(switch.run)
        await wait_all_tasks_blocked()
        assert log == []
        switch.configure(Config(providers={}, shared=SHARED))
        await wait_all_tasks_blocked()
        assert log == ["run localhost"]
        nursery.cancel_scope.cancel()


def test_without_a_fleet_nothing_of_it_is_imported():
    """It takes 18 MB and a fifth of a second."""
    program = (
        "import sys, aircherd.__main__, aircherd.app, aircherd.preload\n"
        "parts = ('aircherd.shared_state.', 'aircherd.usage.fleet', 'aircherd.usage.ledger.fleet',"
        " 'aircherd.providers.health.fleet', 'aircherd.fleet.member', 'coredis', 'zoneinfo')\n"
        "print([name for name in sys.modules if name.startswith(parts)])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout == "[]\n"
