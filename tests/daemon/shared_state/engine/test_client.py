"""What is the engine's own; the contract that it keeps is in test_base."""

import time

import pytest
import trio

from aircherd.shared_state.base import (
    DayUse,
    EngineRefused,
    SharedCooldown,
)
from aircherd.shared_state.engine import open_engine
from helpers.engines.using import HOUR, counter, report, settings


@pytest.fixture
async def engine(running, namespace):
    async with open_engine(settings(running, namespace=namespace)) as engine:
        yield engine


def this_bucket() -> str:
    return str(int(time.time()) // HOUR.step)


async def test_another_format_is_refused(engine, running, namespace):
    """A daemon of another version, with another format of the state, must not mix with it."""
    running.command("HSET", f"{{{namespace}}}:meta", "format", "9")
    with pytest.raises(EngineRefused, match="format 9, which this version of aircher does not"):
        await engine.sync(report("a", 1), seconds=5)


async def test_a_foreign_message_in_the_channel_is_ignored(engine, running, namespace):
    """Who may publish there cannot stop the machines from learning."""
    async with engine.changes() as changes:
        running.command("PUBLISH", f"{{{namespace}}}:changes", "nonsense")
        await engine.cool(SharedCooldown(scope="key", left=30.0), "a")
        with trio.fail_after(10):
            assert (await anext(changes)).cooldown.scope == "key"


async def test_all_keys_are_of_the_namespace_and_expire(engine, running, namespace):
    """One hash tag keeps them on one node of a cluster; a fleet that is gone leaves nothing."""
    used = counter(used={this_bucket(): 5})
    await engine.sync(report("a", 1, used, days={"2026-11-30": DayUse(1, 1, 1)}), seconds=5)
    await engine.cool(SharedCooldown(scope="key", left=30.0), "a")
    await engine.claim_probe("key", "a", 60)
    keys = running.command("KEYS", f"*{namespace}*")
    assert sorted(keys) == sorted(
        f"{{{namespace}}}:{name}"
        for name in (
            "meta",
            "machines",
            "live",
            "counters",
            "d:a",
            "c:requests",
            "cooldowns",
            "p:key",
        )
    )
    assert [key for key in keys if running.command("TTL", key) < 0] == []
