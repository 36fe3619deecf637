"""Cooldowns over a restart, and what a damaged file does: nothing."""

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
from helpers.cooling import WALL, Listened, Time, failed
from helpers.providers.provider_calls import a_provider

PROVIDERS = DEFAULT_CONFIG.providers
OPENAI = a_provider("openai")
HOUR = 3600.0


@pytest.fixture
def heard():
    return Listened()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "cooldowns.json"


def a_file(path, heard):
    return CooldownPersistence(path, heard.book.store, WrittenAtOnce(), clocks=heard.time.clocks)


def keep(path, heard):
    """Write what the book holds."""
    file = a_file(path, heard)
    file._files.put(path, file._content())


def after_restart(path, time, providers=PROVIDERS):
    """A new book, at a time at which the machine may have been started anew."""
    heard = Listened()
    heard.time.ticks, heard.time.wall = time.ticks, time.wall
    a_file(path, heard).load(providers)
    return heard.book


@pytest.mark.parametrize(
    ("ticks", "jump", "left"),
    [
        (5_000.0, 0, HOUR),
        (5_600.0, 600, HOUR - 600),
        (3.0, 600, HOUR - 600),
        (3.0, -86_400, HOUR),
    ],
)
def test_a_restart_keeps_what_is_left(heard, path, ticks, jump, left):
    """Of the daemon or of the machine; a clock set back in between adds nothing."""
    heard.book.note_failure(OPENAI, "work", "m", failed(FailureClass.QUOTA))
    keep(path, heard)
    book = after_restart(path, Time(ticks=ticks, wall=WALL + jump))
    assert book.cooling("openai", "work", "m").until == WALL + jump + left


def test_what_is_over_by_then_is_dropped(heard, path):
    """And its count with it."""
    heard.book.note_failure(OPENAI, "work", "m", failed(FailureClass.QUOTA))
    keep(path, heard)
    book = after_restart(path, Time(wall=WALL + HOUR))
    assert list(book.store.cooldowns()) == []


def test_the_count_goes_on(heard, path):
    """A restart is no excuse: the next cooldown is the longer one."""
    heard.book.note_failure(OPENAI, "work", "m", failed(FailureClass.QUOTA))
    keep(path, heard)
    book = after_restart(path, heard.time)
    book.note_failure(OPENAI, "work", "m", failed(FailureClass.QUOTA))
    assert book.cooling("openai", "work", "m").until == WALL + 2 * HOUR


def test_probes_are_as_rare_as_before(heard, path):
    """A daemon that is restarted every minute must not hammer."""
    heard.book.note_failure(OPENAI, "work", "m", failed(FailureClass.QUOTA))
    heard.time.passes(300)
    keep(path, heard)
    heard.time.passes(299)
    assert not after_restart(path, heard.time).cooling("openai", "work", "m").is_probe_due
    heard.time.passes(2)
    assert after_restart(path, heard.time).cooling("openai", "work", "m").is_probe_due


def test_another_host_or_nobody_is_not_held_to_it(heard, path):
    """A provider that moved, or is configured no more."""
    heard.book.note_failure(OPENAI, "work", "m", failed(FailureClass.QUOTA))
    keep(path, heard)
    moved = {"openai": a_provider("openai", base_url="https://elsewhere.example/v1")}
    for providers in (moved, {}):
        assert list(after_restart(path, heard.time, providers).store.cooldowns()) == []


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
def test_a_damaged_file_is_none(path, content, capsys):
    """All start anew, with a word in the log; the next change replaces it."""
    path.parent.mkdir()
    path.write_bytes(content)
    assert list(after_restart(path, Time()).store.cooldowns()) == []
    assert "cooldowns_damaged" in capsys.readouterr().out


@pytest.mark.parametrize("left", ["1e9", "-1", "1e400"])
def test_a_time_of_years_is_damage(path, left):
    """No file can bench anybody for longer than a vendor could."""
    path.parent.mkdir()
    row = (
        f'{{"provider":"openai","origin":"{OPENAI.origin}","scope":"key","key":"work",'
        f'"kind":"quota","message":"x","left":{left},"ago":0}}'
    )
    path.write_text(f'{{"version":1,"written_at":{WALL},"cooldowns":[{row}]}}')
    assert list(after_restart(path, Time()).store.cooldowns()) == []


@pytest.mark.parametrize(("kind", "hours"), [("rate", 24), ("quota", 31 * 24), ("server", 1)])
def test_a_file_is_believed_no_further_than_a_vendor(path, kind, hours):
    """What an earlier version wrote may be a year."""
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
def test_what_is_no_file_of_ours_holds_up_no_start(path, make, capsys):
    """A pipe would be waited for, a link may lead anywhere."""
    path.parent.mkdir()
    make(path)
    assert list(after_restart(path, Time()).store.cooldowns()) == []
    assert "cooldowns_unreadable" in capsys.readouterr().out


def test_a_missing_file_is_nothing_to_tell(path, capsys):
    """The first start."""
    assert list(after_restart(path, Time()).store.cooldowns()) == []
    assert capsys.readouterr().out == ""


# ------------------------------------------------------------------ the task


def trio_clocks():
    """Clocks that go with trio's, which a test makes jump."""
    return Clocks(trio.current_time, trio.current_time, lambda: WALL + trio.current_time())


@pytest.fixture
async def kept(path, nursery):
    """A book whose file is written by a running task."""
    heard = Listened()
    clocks = trio_clocks()
    book = CooldownManager(heard.bus, clocks=clocks, jitter=lambda: 0.0)
    file = CooldownPersistence(path, book.store, WrittenAtOnce(), clocks=clocks)
    nursery.start_soon(file.run)
    await trio.testing.wait_all_tasks_blocked()
    heard.book = book
    return heard


async def test_a_change_is_written_soon_and_for_its_owner_only(kept, path, autojump_clock):
    """Nothing is written while nothing happens."""
    await trio.sleep(1000)
    assert not path.exists()
    kept.book.note_failure(OPENAI, "work", "m", failed(FailureClass.QUOTA))
    await trio.sleep(SOON * 2)
    assert [row["kind"] for row in msgspec.json.decode(path.read_bytes())["cooldowns"]] == ["quota"]
    assert path.stat().st_mode & 0o777 == 0o600
    kept.book.clear()
    await trio.sleep(SOON * 2)
    assert msgspec.json.decode(path.read_bytes())["cooldowns"] == []


async def test_an_end_is_told_when_it_comes(kept, autojump_clock):
    """Though nobody asks."""
    kept.book.note_failure(OPENAI, "work", "m", failed(FailureClass.OVERLOADED))
    await trio.sleep(4.9)
    assert [data["health"] for data in kept.told] == ["cooling"]
    await trio.sleep(0.2)
    assert [data["health"] for data in kept.told] == ["cooling", "ok"]


async def test_the_last_change_is_not_lost(path, autojump_clock):
    """The daemon ends before it was due to be written."""
    heard = Listened()
    file = a_file(path, heard)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(file.run)
        await trio.testing.wait_all_tasks_blocked()
        heard.book.note_failure(OPENAI, "work", "m", failed(FailureClass.QUOTA))
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
def test_the_file_holds_all_that_cools(failures):
    """Whoever, whatever and for how long."""
    heard, again = Listened(), Listened()
    for name, key, model, kind, told in failures:
        heard.book.note_failure(a_provider(name), key, model, failed(kind, retry_after=told))
    file = a_file(Path("kept"), heard)
    other = CooldownPersistence(
        Path("kept"), again.book.store, WrittenAtOnce(), clocks=heard.time.clocks
    )
    other._read = lambda: _CONTENT.decode(file._content())
    other.load(PROVIDERS)

    def picture(book):
        return {
            (name, each.scope, each.kind, round(each.until, 3), each.count, each.is_vendor_time)
            for name, _, each in book.store.cooldowns()
            if each.until > heard.time.ticks
        }

    assert picture(heard.book) == picture(again.book)
