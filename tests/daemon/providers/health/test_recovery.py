"""Free checks: when they run, that they stay rare, and what they end."""

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
    """Answers checks, and records the second of each."""

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
    """A world, and cooldowns that recovery watches; without jitter."""
    world = World()
    clocks = Clocks(trio.current_time, trio.current_time, lambda: WALL + trio.current_time())
    world.cooldowns = CooldownManager(EventBus(), clocks=clocks, jitter=lambda: 0.0)
    world.recovery = Recovery(world.cooldowns, world.checks, jitter=lambda: 0.5)
    nursery.start_soon(world.recovery.run)
    await trio.testing.wait_all_tasks_blocked()
    return world


async def test_nothing_is_checked_while_nothing_cools(rig, autojump_clock):
    """Nor what only a real request can show."""
    await trio.sleep(10_000)
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(QUOTA))
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(FailureClass.RATE))
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(FailureClass.OVERLOADED))
    await trio.sleep(10_000)
    assert rig.asked == []


async def test_checks_become_less_frequent(rig, autojump_clock):
    """After half a minute first, every ten minutes in the end."""
    started = trio.current_time()
    for _ in range(20):
        rig.cooldowns.note_failure(OPENAI, "work", "m", failed(NETWORK))
        await trio.sleep(100)
    at = [started, *(when for _, when in rig.asked)]
    gaps = [round(later - earlier) for earlier, later in pairwise(at)]
    assert gaps == [*DELAYS, DELAYS[-1]]
    assert {who for who, _ in rig.asked} == {"openai"}


async def test_a_provider_that_answers_is_reachable_at_once(rig, autojump_clock):
    """The change is published; then nothing more is checked."""
    for _ in range(10):
        rig.cooldowns.note_failure(OPENAI, "work", "m", failed(NETWORK))
    rig.reachable = True
    assert rig.cooldowns.cooling("openai", "work", "m")
    await trio.sleep(31)
    assert rig.cooldowns.cooling("openai", "work", "m") is None
    assert rig.cooldowns.health("openai")[0] is Health.OK
    await trio.sleep(10_000)
    assert len(rig.asked) == 1


async def test_credit_is_checked_where_a_page_shows_it(rig, autojump_clock):
    """With the exhausted key."""
    rig.cooldowns.note_failure(ROUTER, "work", "m", failed(QUOTA))
    await trio.sleep(31)
    assert rig.cooldowns.cooling("openrouter", "work", "m")
    rig.credit = True
    await trio.sleep(61)
    assert rig.cooldowns.cooling("openrouter", "work", "m") is None
    await trio.sleep(10_000)
    assert [who for who, _ in rig.asked] == ["openrouter/work"] * 2


async def test_a_wrong_credit_is_not_found_again_soon(rig, autojump_clock):
    """The key has credit, the account has none: refused again, it is checked less and less."""
    rig.credit = True
    for _ in range(40):
        rig.cooldowns.note_failure(ROUTER, "work", "m", failed(QUOTA))
        await trio.sleep(30)
    assert len(rig.asked) == len(DELAYS)


async def test_a_check_that_hangs_is_the_only_one_of_its_provider(rig, autojump_clock):
    """It is cancelled in the end; other providers do not wait for it."""
    rig.hangs = True
    rig.cooldowns.note_failure(ROUTER, "work", "m", failed(QUOTA))
    rig.cooldowns.note_failure(ROUTER, "home", "m", failed(QUOTA))
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(NETWORK))
    await trio.sleep(DELAYS[0] + CHECK_SECONDS + 1)
    at = dict(rig.asked)
    assert at["openai"] == at["openrouter/work"] == pytest.approx(DELAYS[0])
    assert at["openrouter/home"] == pytest.approx(DELAYS[0] + CHECK_SECONDS)


@pytest.mark.parametrize("error", [AircherError("no"), KeyError("ours")])
async def test_a_failed_check_is_repeated(rig, autojump_clock, error):
    """Whatever it raises, recovery goes on."""
    rig.error = error
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(NETWORK))
    await trio.sleep(31)
    rig.error, rig.reachable = None, True
    await trio.sleep(61)
    assert rig.cooldowns.health("openai")[0] is Health.OK


async def test_the_first_check_after_a_new_failure_is_soon(rig, autojump_clock):
    """The spacing starts again once a cooldown was dropped."""
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(NETWORK))
    await trio.sleep(100)
    rig.cooldowns.note_ok(OPENAI, "work", "m")
    await trio.sleep(1000)
    rig.asked.clear()
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(NETWORK))
    await trio.sleep(31)
    assert len(rig.asked) == 1


async def test_repr_shows_state(rig, autojump_clock):
    """How much there is to check."""
    assert repr(rig.recovery) == "<Recovery 0 to check, 0 running>"
    rig.hangs = True
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(NETWORK))
    await trio.sleep(31)
    assert repr(rig.recovery) == "<Recovery 1 to check, 1 running>"
