import threading

import pytest

from aircherd.config import store as store_module
from aircherd.config.changes import Change, ReloadResult
from aircherd.config.model import DEFAULT_CONFIG
from aircherd.config.store import ConfigStore
from aircherd.errors import ConfigInvalid

GOOD = "[network]\nidle_timeout = 5\n"
BAD = "[network]\nidle = 5\n"


@pytest.fixture
def file(tmp_path):
    return tmp_path / "config.toml"


async def test_missing_file_gives_the_built_in_config(file):
    """Reloading changes nothing."""
    store = ConfigStore(file)
    assert (store.current, store.problem, store.has_good) == (DEFAULT_CONFIG, None, True)
    assert await store.reload() == ReloadResult(changed=False)


async def test_reload_reports_a_change_once(file):
    """The content decides, not the modification time."""
    store = ConfigStore(file)
    file.write_text(GOOD)
    change = Change("network.idle_timeout", 60.0, 5.0)
    assert await store.reload() == ReloadResult(changed=True, changes=(change,))
    assert await store.reload() == ReloadResult(changed=False)
    assert store.current.network.idle_timeout == 5.0
    file.write_text(f"# a comment\n{GOOD}")
    assert not (await store.reload()).changed


async def test_invalid_file_keeps_the_last_good_config(file):
    """The problem is raised, and kept until the file is fixed."""
    file.write_text(GOOD)
    store = ConfigStore(file)
    file.write_text(BAD)
    with pytest.raises(ConfigInvalid, match=r"line 2: network\.idle"):
        await store.reload()
    assert store.has_good
    assert store.current.network.idle_timeout == 5.0
    assert store.problem is not None
    assert store.problem.message.startswith(f"{file}, line 2")
    assert repr(store) == f"<ConfigStore {file}: with problems, 5 providers>"
    file.write_text(GOOD)
    assert not (await store.reload()).changed
    assert store.problem is None


ROLES = '[clients."*"]\nallow = ["chat"]\n'


@pytest.mark.parametrize(
    ("before", "after", "keeps"),
    [
        (GOOD, BAD, False),
        (GOOD + ROLES, BAD + ROLES, False),
        (GOOD + ROLES, BAD, True),
        (GOOD, BAD + ROLES, True),
        (GOOD, f"[usage\n{ROLES}", True),
        (GOOD + ROLES, "[usage", True),
        (GOOD, "[usage", False),
    ],
)
async def test_an_invalid_file_with_other_roles_is_noticed(file, before, after, keeps):
    """What clients may do is then not what the file says, or says no more."""
    file.write_text(before)
    store = ConfigStore(file)
    file.write_text(after)
    with pytest.raises(ConfigInvalid):
        await store.reload()
    assert store.keeps_roles is keeps
    file.write_text(GOOD)
    await store.reload()
    assert not store.keeps_roles


async def test_invalid_file_at_startup_is_not_raised(file):
    """There is no good config then; the first good one counts as a change."""
    file.write_text(BAD)
    store = ConfigStore(file)
    assert store.problem is not None
    assert (store.current.providers, store.has_good) == ({}, False)
    assert store.current.refused.providers.keys() == DEFAULT_CONFIG.providers.keys()
    assert "cannot be used" in store.current.refused.providers["openai"].reason
    assert store.baseline == DEFAULT_CONFIG
    file.write_text("")
    result = await store.reload()
    assert (result.changed, result.changes) == (True, ())
    assert (store.current, store.has_good) == (DEFAULT_CONFIG, True)
    assert repr(store) == f"<ConfigStore {file}: good, 5 providers>"


def test_kept_problem_references_no_frames(file):
    """Frames would keep the file's text in memory, possibly with a key."""
    file.write_text(BAD)
    problem = ConfigStore(file).problem
    assert problem is not None
    assert (problem.__traceback__, problem.__context__) == (None, None)


IN_PART = f'{GOOD}[providers.work]\nkind = "opnai"\n'


async def test_valid_entries_are_used_until_there_is_a_good_file(file):
    """After a start with one invalid provider, everything else is in use."""
    file.write_text(IN_PART)
    store = ConfigStore(file)
    assert (store.in_use, store.has_good) == ("the valid entries", False)
    assert store.usable().network.idle_timeout == 5.0
    assert set(store.usable().refused.providers) == {"work"}
    file.write_text(GOOD)
    assert (await store.reload()).changed
    assert (store.in_use, bool(store.current.refused)) == ("the file", False)


async def test_fixing_one_of_two_entries_takes_effect(file):
    """As long as there was no good file, the valid entries of the latest are in use."""
    file.write_text(f"{IN_PART}[models.m]\nroutes = []\n")
    store = ConfigStore(file)
    file.write_text(IN_PART)
    with pytest.raises(ConfigInvalid):
        await store.reload()
    assert [entry.path for entry in store.current.refused.entries] == ["providers.work"]


async def test_a_file_without_any_use_leaves_the_valid_entries_of_an_earlier_one(file):
    """A worse change takes no effect."""
    file.write_text(IN_PART)
    store = ConfigStore(file)
    file.write_text(BAD)
    with pytest.raises(ConfigInvalid, match=r"network\.idle"):
        await store.reload()
    assert store.in_use == "the valid entries of an earlier one"
    assert set(store.usable().refused.providers) == {"work"}


async def test_a_bad_change_never_takes_effect_in_part(file):
    """After a good file, the last good one stays as a whole."""
    file.write_text("[network]\nidle_timeout = 7\n")
    store = ConfigStore(file)
    file.write_text(IN_PART)
    with pytest.raises(ConfigInvalid):
        await store.reload()
    assert store.in_use == "the last good one"
    assert store.usable().network.idle_timeout == 7.0
    assert not store.usable().refused


def test_nothing_is_used_of_a_file_with_a_problem_outside_of_entries(file):
    """Requests are refused with the problem."""
    file.write_text(BAD)
    store = ConfigStore(file)
    assert store.in_use == "none"
    with pytest.raises(ConfigInvalid, match=r"network\.idle"):
        store.usable()


async def test_roles_of_an_invalid_file(file):
    """They hold until there is a good file, and change with the file."""
    file.write_text(f"{BAD}[clients.vi]\nallow = []\n")
    store = ConfigStore(file)
    assert (store.in_use, list(store.current.clients)) == ("none", ["vi"])
    file.write_text("[clients.vi")
    with pytest.raises(ConfigInvalid):
        await store.reload()
    assert list(store.current.clients) == ["*"]
    file.write_text(GOOD)
    assert (await store.reload()).changed
    assert not store.current.has_roles


async def test_a_file_that_cannot_be_read_may_have_roles(file):
    """After a good one, the last good ones hold."""
    file.write_bytes(b"\xff\n[clients.vi]")
    assert list(ConfigStore(file).current.clients) == ["*"]
    file.write_text('[clients.vi]\nallow = ["chat"]\n')
    store = ConfigStore(file)
    file.write_bytes(b"\xff\n")
    with pytest.raises(ConfigInvalid):
        await store.reload()
    assert store.current.clients["vi"].allow == ("chat",)


PROVIDER = '[providers.{name}]\nkind = "openai"\nbase_url = "http://127.0.0.1:{port}/v1"\n'


async def test_unchanged_sections_stay_the_same_objects(file):
    """Caches that belong to a provider remain valid when another provider changes."""
    stays, moves = PROVIDER.format(name="stays", port=1), PROVIDER.format(name="moves", port=2)
    file.write_text(stays + moves)
    store = ConfigStore(file)
    before = store.current
    await store.reload()
    assert store.current is before
    file.write_text(stays + moves.replace(":2", ":3"))
    await store.reload()
    after = store.current
    assert after.providers["stays"] is before.providers["stays"]
    assert after.providers["moves"].base_url == "http://127.0.0.1:3/v1"
    assert after.network is before.network


async def test_a_hanging_disk_is_a_problem_of_the_file(file, monkeypatch, autojump_clock):
    """The last good configuration stays, and the caller gets an answer in time."""
    store = ConfigStore(file)
    hanging = threading.Event()
    monkeypatch.setattr(store_module, "check_file", lambda _: hanging.wait(30))
    with pytest.raises(ConfigInvalid, match="cannot be read: the disk has not answered for 5 s"):
        await store.reload()
    hanging.set()
    assert store.problem is not None
    assert store.is_disk_hanging
    assert store.current is DEFAULT_CONFIG


@pytest.mark.parametrize(("change", "message"), [("remove", "was removed"), ("empty", "is empty")])
async def test_a_file_that_vanishes_by_itself_is_a_problem(file, change, message):
    """A full disk leaves an empty file, a lost mount none; by command it is accepted."""
    file.write_text(GOOD)
    store = ConfigStore(file)
    file.write_text("")
    if change == "remove":
        file.unlink()
    with pytest.raises(ConfigInvalid, match=rf"{message} \(restore it"):
        await store.reload(may_vanish=False)
    assert (store.in_use, store.current.network.idle_timeout) == ("the last good one", 5.0)
    assert (await store.reload()).changed
    assert store.current == DEFAULT_CONFIG
    assert not (await store.reload(may_vanish=False)).changed


async def test_a_file_that_was_empty_before_may_stay_empty(file):
    """A new user has no file."""
    store = ConfigStore(file)
    assert not (await store.reload(may_vanish=False)).changed
    file.write_text("")
    assert not (await store.reload(may_vanish=False)).changed
