"""Free checks: when they come, that they never hammer, and what they end."""

from itertools import pairwise

import pytest
import trio

from aircherd.errors import AircherError
from aircherd.events import EventBus
from aircherd.providers.health.clocks import Clocks
from aircherd.providers.health.cooldowns import CooldownManager
from aircherd.providers.health.recovery import CHECK_SECONDS, DELAYS, Checks, Recovery
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.keys import Health
from helpers.cooling import WALL, failed
from helpers.providers.provider_calls import a_provider

OPENAI, ROUTER = a_provider("openai"), a_provider("openrouter")
NETWORK, QUOTA = FailureClass.NETWORK, FailureClass.QUOTA


class World:
    """Answers checks, and writes down at which second each came."""

    def __init__(self) -> None:
        self.reachable = False
        self.credit = False
        self.hangs = False
        self.asked: list[tuple[str, float]] = []
        self.error: Exception | None = None

    async def is_reachable(self, name: str) -> bool:
        await self._ask(name)
        return self.reachable

    async def has_credit(self, name: str, key: str | None) -> bool:
        await self._ask(f"{name}/{key}")
        return self.credit

    async def _ask(self, who: str) -> None:
        self.asked.append((who, trio.current_time()))
        if self.error:
            raise self.error
        if self.hangs:
            await trio.sleep_forever()

    @property
    def checks(self) -> Checks:
        return Checks(self.is_reachable, self.has_credit, lambda name: name == "openrouter")


@pytest.fixture
async def rig(nursery):
    """A world, and a book that recovery watches over; without jitter."""
    world = World()
    clocks = Clocks(trio.current_time, trio.current_time, lambda: WALL + trio.current_time())
    world.book = CooldownManager(EventBus(), clocks=clocks, jitter=lambda: 0.0)
    world.recovery = Recovery(world.book, world.checks, jitter=lambda: 0.5)
    nursery.start_soon(world.recovery.run)
    await trio.testing.wait_all_tasks_blocked()
    return world


async def test_nothing_is_checked_while_nothing_cools(rig, autojump_clock):
    """Nor what only a real request can observe."""
    await trio.sleep(10_000)
    rig.book.note_failure(OPENAI, "work", "m", failed(QUOTA))
    rig.book.note_failure(OPENAI, "work", "m", failed(FailureClass.RATE))
    rig.book.note_failure(OPENAI, "work", "m", failed(FailureClass.OVERLOADED))
    await trio.sleep(10_000)
    assert rig.asked == []


async def test_checks_come_ever_less_often(rig, autojump_clock):
    """After half a minute, and in the end every ten minutes."""
    started = trio.current_time()
    for _ in range(20):
        rig.book.note_failure(OPENAI, "work", "m", failed(NETWORK))
        await trio.sleep(100)
    at = [started, *(when for _, when in rig.asked)]
    gaps = [round(later - earlier) for earlier, later in pairwise(at)]
    assert gaps == [*DELAYS, DELAYS[-1]]
    assert {who for who, _ in rig.asked} == {"openai"}


async def test_a_host_that_is_back_is_asked_at_once(rig, autojump_clock):
    """And so it is told; then nothing is checked any more."""
    for _ in range(10):
        rig.book.note_failure(OPENAI, "work", "m", failed(NETWORK))
    rig.reachable = True
    assert rig.book.cooling("openai", "work", "m")
    await trio.sleep(31)
    assert rig.book.cooling("openai", "work", "m") is None
    assert rig.book.health("openai")[0] is Health.OK
    await trio.sleep(10_000)
    assert len(rig.asked) == 1


async def test_credit_is_looked_at_where_it_shows(rig, autojump_clock):
    """With the key that is out of it."""
    rig.book.note_failure(ROUTER, "work", "m", failed(QUOTA))
    await trio.sleep(31)
    assert rig.book.cooling("openrouter", "work", "m")
    rig.credit = True
    await trio.sleep(61)
    assert rig.book.cooling("openrouter", "work", "m") is None
    await trio.sleep(10_000)
    assert [who for who, _ in rig.asked] == ["openrouter/work"] * 2


async def test_credit_that_was_none_is_not_found_again_soon(rig, autojump_clock):
    """The key has some left, the account has not: refused again and again, checked ever less."""
    rig.credit = True
    for _ in range(40):
        rig.book.note_failure(ROUTER, "work", "m", failed(QUOTA))
        await trio.sleep(30)
    assert len(rig.asked) == len(DELAYS)


async def test_a_check_that_hangs_is_the_only_one_of_its_provider(rig, autojump_clock):
    """It is given up; others are not held up by it."""
    rig.hangs = True
    rig.book.note_failure(ROUTER, "work", "m", failed(QUOTA))
    rig.book.note_failure(ROUTER, "home", "m", failed(QUOTA))
    rig.book.note_failure(OPENAI, "work", "m", failed(NETWORK))
    await trio.sleep(DELAYS[0] + CHECK_SECONDS + 1)
    at = dict(rig.asked)
    assert at["openai"] == at["openrouter/work"] == pytest.approx(DELAYS[0])
    assert at["openrouter/home"] == pytest.approx(DELAYS[0] + CHECK_SECONDS)


@pytest.mark.parametrize("error", [AircherError("no"), KeyError("ours")])
async def test_a_check_that_fails_is_made_again(rig, autojump_clock, error):
    """Whatever it brings, recovery goes on."""
    rig.error = error
    rig.book.note_failure(OPENAI, "work", "m", failed(NETWORK))
    await trio.sleep(31)
    rig.error, rig.reachable = None, True
    await trio.sleep(61)
    assert rig.book.health("openai")[0] is Health.OK


async def test_the_first_check_after_a_new_trouble_is_soon_again(rig, autojump_clock):
    """What was forgotten begins anew."""
    rig.book.note_failure(OPENAI, "work", "m", failed(NETWORK))
    await trio.sleep(100)
    rig.book.note_ok(OPENAI, "work", "m")
    await trio.sleep(1000)
    rig.asked.clear()
    rig.book.note_failure(OPENAI, "work", "m", failed(NETWORK))
    await trio.sleep(31)
    assert len(rig.asked) == 1


async def test_repr_shows_state(rig, autojump_clock):
    """How much there is to check."""
    assert repr(rig.recovery) == "<Recovery 0 to check, 0 running>"
    rig.hangs = True
    rig.book.note_failure(OPENAI, "work", "m", failed(NETWORK))
    await trio.sleep(31)
    assert repr(rig.recovery) == "<Recovery 1 to check, 1 running>"
