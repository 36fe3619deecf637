"""Cooldowns over a restart; a damaged file is ignored."""

import os
from pathlib import Path

import msgspec
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from aircherd.config.model import DEFAULT_CONFIG
from aircherd.providers.health.clocks import Clocks
from aircherd.providers.health.cooldowns import CooldownManager
from aircherd.providers.health.persistence import _CONTENT, SOON, CooldownPersistence
from aircherd.routing.cooldown_rules import RULES
from aircherd.vocabulary.failure import FailureClass
from helpers.background_files import WrittenAtOnce
from helpers.cooling import WALL, CooldownRig, Time, failed
from helpers.providers.provider_calls import a_provider

PROVIDERS = DEFAULT_CONFIG.providers
OPENAI = a_provider("openai")
HOUR = 3600.0


@pytest.fixture
def rig():
    return CooldownRig()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "cooldowns.json"


def a_file(path, rig):
    return CooldownPersistence(path, rig.cooldowns.store, WrittenAtOnce(), clocks=rig.time.clocks)


def keep(path, rig):
    """Write the cooldowns."""
    file = a_file(path, rig)
    file._files.put(path, file._content())


def after_restart(path, time, providers=PROVIDERS):
    """Return new cooldowns, at a time at which the machine may have been restarted."""
    rig = CooldownRig()
    rig.time.ticks, rig.time.wall = time.ticks, time.wall
    a_file(path, rig).load(providers)
    return rig.cooldowns


@pytest.mark.parametrize(
    ("ticks", "jump", "left"),
    [
        (5_000.0, 0, HOUR),
        (5_600.0, 600, HOUR - 600),
        (3.0, 600, HOUR - 600),
        (3.0, -86_400, HOUR),
    ],
)
def test_a_restart_keeps_the_time_left(rig, path, ticks, jump, left):
    """Of the daemon or of the machine; a clock set back in between adds nothing."""
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(FailureClass.QUOTA))
    keep(path, rig)
    cooldowns = after_restart(path, Time(ticks=ticks, wall=WALL + jump))
    assert cooldowns.cooling("openai", "work", "m").until == WALL + jump + left


def test_a_cooldown_that_is_over_is_dropped(rig, path):
    """With its failure count."""
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(FailureClass.QUOTA))
    keep(path, rig)
    cooldowns = after_restart(path, Time(wall=WALL + HOUR))
    assert list(cooldowns.store.cooldowns()) == []


def test_the_failure_count_is_kept(rig, path):
    """After a restart, the next cooldown is the longer one."""
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(FailureClass.QUOTA))
    keep(path, rig)
    cooldowns = after_restart(path, rig.time)
    cooldowns.note_failure(OPENAI, "work", "m", failed(FailureClass.QUOTA))
    assert cooldowns.cooling("openai", "work", "m").until == WALL + 2 * HOUR


def test_probes_are_as_rare_as_before(rig, path):
    """A daemon that is restarted every minute must not probe each time."""
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(FailureClass.QUOTA))
    rig.time.passes(300)
    keep(path, rig)
    rig.time.passes(299)
    assert not after_restart(path, rig.time).cooling("openai", "work", "m").is_probe_due
    rig.time.passes(2)
    assert after_restart(path, rig.time).cooling("openai", "work", "m").is_probe_due


def test_a_moved_or_removed_provider_has_no_cooldowns(rig, path):
    """A provider with another origin, or one that is no longer configured."""
    rig.cooldowns.note_failure(OPENAI, "work", "m", failed(FailureClass.QUOTA))
    keep(path, rig)
    moved = {"openai": a_provider("openai", base_url="https://elsewhere.example/v1")}
    for providers in (moved, {}):
        assert list(after_restart(path, rig.time, providers).store.cooldowns()) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"version":2,"written_at":0,"cooldowns":[]}',
        b'{"version":1,"written_at":0,"cooldowns":[{"provider":"openai"}]}',
    ],
)
def test_a_damaged_file_is_ignored(path, content, capsys):
    """With a log entry; the next change replaces it."""
    path.parent.mkdir()
    path.write_bytes(content)
    assert list(after_restart(path, Time()).store.cooldowns()) == []
    assert "cooldowns_damaged" in capsys.readouterr().out


@pytest.mark.parametrize("left", ["1e9", "-1", "1e400"])
def test_a_time_of_years_makes_a_file_damaged(path, left):
    """No file can block a provider for longer than a vendor could."""
    path.parent.mkdir()
    row = (
        f'{{"provider":"openai","origin":"{OPENAI.origin}","scope":"key","key":"work",'
        f'"kind":"quota","message":"x","left":{left},"ago":0}}'
    )
    path.write_text(f'{{"version":1,"written_at":{WALL},"cooldowns":[{row}]}}')
    assert list(after_restart(path, Time()).store.cooldowns()) == []


@pytest.mark.parametrize(("kind", "hours"), [("rate", 24), ("quota", 31 * 24), ("server", 1)])
def test_a_saved_time_is_capped_like_a_vendors(path, kind, hours):
    """An earlier version may have saved a year."""
    path.parent.mkdir()
    row = (
        f'{{"provider":"openai","origin":"{OPENAI.origin}","scope":"key","key":"work",'
        f'"kind":"{kind}","message":"x","left":31000000,"ago":0,"is_told":true}}'
    )
    path.write_text(f'{{"version":1,"written_at":{WALL},"cooldowns":[{row}]}}')
    time = Time()
    ((_, _, cooldown),) = after_restart(path, time).store.cooldowns()
    assert cooldown.until - time.ticks == hours * HOUR


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_a_pipe_or_a_link_does_not_block_the_start(path, make, capsys):
    """A pipe would block, a link may lead anywhere."""
    path.parent.mkdir()
    make(path)
    assert list(after_restart(path, Time()).store.cooldowns()) == []
    assert "cooldowns_unreadable" in capsys.readouterr().out


def test_a_missing_file_logs_nothing(path, capsys):
    """As at the first start."""
    assert list(after_restart(path, Time()).store.cooldowns()) == []
    assert capsys.readouterr().out == ""


# ------------------------------------------------------------------ the task


def trio_clocks():
    """Clocks that follow trio's, which tests make jump."""
    return Clocks(trio.current_time, trio.current_time, lambda: WALL + trio.current_time())


@pytest.fixture
async def kept(path, nursery):
    """Cooldowns whose file is written by a running task."""
    rig = CooldownRig()
    clocks = trio_clocks()
    cooldowns = CooldownManager(rig.bus, clocks=clocks, jitter=lambda: 0.0)
    file = CooldownPersistence(path, cooldowns.store, WrittenAtOnce(), clocks=clocks)
    nursery.start_soon(file.run)
    await trio.testing.wait_all_tasks_blocked()
    rig.cooldowns = cooldowns
    return rig


async def test_a_change_is_written_soon_and_for_its_owner_only(kept, path, autojump_clock):
    """Nothing is written while nothing changes."""
    await trio.sleep(1000)
    assert not path.exists()
    kept.cooldowns.note_failure(OPENAI, "work", "m", failed(FailureClass.QUOTA))
    await trio.sleep(SOON * 2)
    assert [row["kind"] for row in msgspec.json.decode(path.read_bytes())["cooldowns"]] == ["quota"]
    assert path.stat().st_mode & 0o777 == 0o600
    kept.cooldowns.clear()
    await trio.sleep(SOON * 2)
    assert msgspec.json.decode(path.read_bytes())["cooldowns"] == []


async def test_an_end_is_published_when_it_comes(kept, autojump_clock):
    """Without any call."""
    kept.cooldowns.note_failure(OPENAI, "work", "m", failed(FailureClass.OVERLOADED))
    await trio.sleep(4.9)
    assert [data["health"] for data in kept.published] == ["cooling"]
    await trio.sleep(0.2)
    assert [data["health"] for data in kept.published] == ["cooling", "ok"]


async def test_the_last_change_is_not_lost(path, autojump_clock):
    """The daemon ends before the write was due."""
    rig = CooldownRig()
    file = a_file(path, rig)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(file.run)
        await trio.testing.wait_all_tasks_blocked()
        rig.cooldowns.note_failure(OPENAI, "work", "m", failed(FailureClass.QUOTA))
        nursery.cancel_scope.cancel()
    assert len(msgspec.json.decode(path.read_bytes())["cooldowns"]) == 1


# ------------------------------------------------------------------ whatever is written

FAILURES = st.tuples(
    st.sampled_from(sorted(PROVIDERS)),
    st.none() | st.text(max_size=5),
    st.text(min_size=1, max_size=5),
    st.sampled_from([kind for kind in FailureClass if RULES[kind].scope]),
    st.none() | st.floats(1, 1e6),
)


@given(st.lists(FAILURES, max_size=10))
def test_the_file_holds_all_cooldowns(failures):
    """Each provider and scope, with its time."""
    rig, again = CooldownRig(), CooldownRig()
    for name, key, model, kind, published in failures:
        rig.cooldowns.note_failure(
            a_provider(name), key, model, failed(kind, retry_after=published)
        )
    file = a_file(Path("kept"), rig)
    other = CooldownPersistence(
        Path("kept"), again.cooldowns.store, WrittenAtOnce(), clocks=rig.time.clocks
    )
    other._read = lambda: _CONTENT.decode(file._content())
    other.load(PROVIDERS)

    def picture(cooldowns):
        return {
            (name, each.scope, each.kind, round(each.until, 3), each.count, each.is_vendor_time)
            for name, _, each in cooldowns.store.cooldowns()
            if each.until > rig.time.ticks
        }

    assert picture(rig.cooldowns) == picture(again.cooldowns)
