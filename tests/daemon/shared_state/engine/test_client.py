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


async def test_an_engine_says_what_it_is(running, engine, namespace):
    """Its product, and that our user may do more than is needed."""
    facts = await engine.inspect(namespace)
    assert facts.product == ("Redis" if running.has_tls else "Valkey")
    assert facts.version
    assert (facts.policy, facts.saves, facts.is_replica) == ("noeviction", False, False)
    assert (facts.user, facts.has_password) == ("default", False)
    assert "all keys" in facts.rights
    assert facts.ms >= 0
    assert abs(facts.skew) < 60


async def test_a_user_with_few_rights_learns_less(running, namespace):
    """What it may not ask is not known, and it goes on working."""
    rights = ["~{" + namespace + "}:*", "&{" + namespace + "}:*", "-@all", "+@connection", "+time"]
    running.command("ACL", "SETUSER", "narrow", "on", "nopass", *rights, "+subscribe")
    address = running.url.replace("://", "://narrow@")
    shared = settings(address, namespace=namespace, **_ca(running))
    async with open_engine(shared) as engine:
        facts = await engine.inspect(namespace)
        again = await engine.inspect(namespace)
    running.command("ACL", "DELUSER", "narrow")
    assert (facts.version, facts.policy, facts.rights, facts.user) == (None, None, None, None)
    assert again.ms >= 0


def _ca(engine):
    return {"ca_file": str(engine.ca_file)} if engine.has_tls else {}
