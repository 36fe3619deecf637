"""The folder of conversations: opening, listing, the last one, removal of old ones."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircher_client.conversations import store as module
from aircher_client.conversations.names import ConversationError
from aircher_client.conversations.records import Settings
from aircher_client.conversations.saved import SavedConversation
from aircher_client.conversations.store import DAY, ConversationStore
from aircher_wire.address import state_directory

HOMES = st.sampled_from(["/home/u", "/home/u/", "relative", "/"])
PATHS = st.sampled_from(["", "/var/x", "relative", "~/y", "/home/u/.aircher", "~/.aircher"])


@given(HOMES, PATHS, PATHS)
def test_the_folder_is_in_the_state_directory_of_the_daemon(
    home: str, state: str, aircher_home: str
) -> None:
    """Whatever the environment says, both programs have one state directory for one home."""
    environ = {"HOME": home, "XDG_STATE_HOME": state, "AIRCHER_HOME": aircher_home}
    store = ConversationStore.of(environ)
    assert str(state_directory(environ) / "conversations") == os.path.normpath(store.folder)
    assert f"<ConversationStore in {store.folder}>" == repr(store)


def test_no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said."""
    monkeypatch.setattr(os, "getuid", lambda: 999_999)
    with pytest.raises(ConversationError, match="no home directory"):
        ConversationStore.of({})


@pytest.fixture
def by_mtime(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the tests make files old, which only the system can do otherwise."""
    monkeypatch.setattr(module, "last_touched", lambda status: status.st_mtime)


@pytest.fixture
def store(tmp_path: Path) -> ConversationStore:
    return ConversationStore(str(tmp_path / "state" / "aircher" / "conversations"))


def ask(conversation: SavedConversation, question: str = "a") -> SavedConversation:
    asked = [{"role": "user", "content": question}]
    reply = {"role": "assistant", "content": "b"}
    conversation.append(asked, reply, settings=Settings())
    return conversation


def age(store: ConversationStore, conversation: SavedConversation, days: float) -> None:
    then = Path(conversation.path).stat().st_mtime - days * DAY
    os.utime(conversation.path, (then, then))


def names(store: ConversationStore) -> list[str]:
    return [store.open_entry(entry).name for entry in store.entries()]


def test_the_folder_is_private(store: ConversationStore) -> None:
    """Missing parents, too; one that others can read is closed."""
    old = os.umask(0)
    try:
        ask(store.open("tea"))
    finally:
        os.umask(old)
    folder = Path(store.folder)
    assert [d.stat().st_mode & 0o777 for d in (folder, *folder.parents[:2])] == [0o700] * 3
    folder.chmod(0o755)
    ask(store.open("tea"))
    assert folder.stat().st_mode & 0o777 == 0o700


def test_entries(store: ConversationStore) -> None:
    """Their names come from the files, which need not be readable."""
    tea = ask(store.open("tea/ü"))
    Path(tea.path).write_bytes(b"damaged")
    entry = store.entry("tea/ü")
    assert entry is not None
    assert (entry.name, entry.size) == ("tea/ü", 7)
    assert repr(entry) == "<Entry tea%2F%C3%BC.jsonl of 7 bytes>"
    assert store.entry("tea") is None


def test_an_imported_one_is_not_old(store: ConversationStore) -> None:
    """The time of its file is that of its last answer; what counts is when it came here."""
    tea = ask(store.open("tea"))
    now = Path(tea.path).stat().st_mtime
    os.utime(tea.path, (1e9, 1e9))
    assert store.prune(90, now) == 0
    assert store.prune(90, now + 91 * DAY) == 1


def test_nothing_is_created_before_the_first_turn(store: ConversationStore) -> None:
    """Looking is not writing."""
    assert (store.last("pts-1"), store.entries(), store.find("tea")) == (None, [], None)
    assert store.open("tea").is_new
    assert store.prune(1) == 0
    assert not Path(store.folder).exists()


def test_named_and_unnamed_ones(store: ConversationStore) -> None:
    """Each is found by its name, or by what its name begins with."""
    ask(store.open("tea/green"))
    unnamed = ask(store.new(1e9))
    ask(store.new(1e9 + 1))
    assert store.open("tea/green").name == "tea/green"
    found = store.find("tea")
    assert found is not None
    assert (found.name, len(found.turns)) == ("tea/green", 1)
    again = store.find(unnamed.name)
    assert again is not None
    assert unnamed.path == again.path
    with pytest.raises(ConversationError, match="2 conversations begin with 2001"):
        store.find("2001")
    assert store.find("coffee") is None
    assert {"tea/green", unnamed.name} < set(names(store))


def test_the_last_one_of_a_terminal(store: ConversationStore) -> None:
    """A terminal without one continues the last of all."""
    one, other = ask(store.open("one")), ask(store.open("other"))
    store.set_last("pts-1", one)
    store.set_last("pts-2", other)
    age(store, one, 1)
    assert [
        found.name
        for terminal in ("pts-1", "pts-2", "pts-3")
        if (found := store.last(terminal)) is not None
    ] == ["one", "other", "other"]
    assert store.is_last_of("pts-1", one)
    assert not store.is_last_of("pts-3", other)
    store.set_last("pts-1", other)
    assert store.is_last_of("pts-1", other)
    assert store.remove("other.jsonl")
    last = store.last("pts-1")
    assert last is not None
    assert last.name == "one"


@pytest.mark.parametrize("content", [b"", b"../secret.jsonl", b"tea", b"\0.jsonl", b"gone.jsonl"])
def test_a_damaged_mark_of_a_terminal_is_ignored(store: ConversationStore, content: bytes) -> None:
    """It is a convenience, and leads nowhere else."""
    tea = ask(store.open("tea"))
    store.set_last("pts-1", tea)
    (Path(store.folder) / "terminals" / "pts-1").write_bytes(content)
    last = store.last("pts-1")
    assert last is not None
    assert last.name == "tea"


def test_removing(store: ConversationStore) -> None:
    """Its damaged copies go, too; what is gone is no error."""
    tea = ask(store.open("tea"))
    ask(store.open("tea.2"))
    Path(f"{tea.path}.damaged-1").touch()
    assert store.remove("tea.jsonl")
    assert not store.remove("tea.jsonl")
    assert [path.name for path in Path(store.folder).iterdir()] == ["tea.2.jsonl"]
    with pytest.raises(ConversationError, match=r"cannot remove"):
        ConversationStore(store.folder + "/none").remove("tea.jsonl")


@pytest.mark.usefixtures("by_mtime")
def test_old_ones_are_removed_once_a_day(store: ConversationStore) -> None:
    """With their damaged copies and the marks of terminals; young ones stay."""
    old, young = ask(store.open("old")), ask(store.open("young"))
    store.set_last("pts-1", old)
    mark = Path(store.folder) / "terminals" / "pts-1"
    copy = Path(f"{old.path}.damaged-1")
    copy.touch()
    for path in (Path(old.path), mark, copy):
        then = path.stat().st_mtime - 91 * DAY
        os.utime(path, (then, then))
    age(store, young, 89)
    now = Path(young.path).stat().st_mtime + 89 * DAY
    assert store.prune(None, now - 1.1 * DAY) == 0
    assert store.prune(90, now) == 3
    assert names(store) == ["young"]
    assert not mark.exists()
    age(store, young, 10)
    assert store.prune(90, now + 0.9 * DAY) == 0
    assert names(store) == ["young"]
    assert store.prune(90, now + 1.1 * DAY) == 1
    assert names(store) == []


def test_a_clock_that_was_ahead_does_not_stop_the_removal(store: ConversationStore) -> None:
    """The time of the last removal may be in the future."""
    old = ask(store.open("old"))
    now = Path(old.path).stat().st_mtime + 400 * DAY
    store.prune(10_000, now + 1000 * DAY)
    assert store.prune(90, now) == 1


def test_many_old_ones_are_removed_bit_by_bit(
    store: ConversationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that no command takes long; the next one goes on."""
    monkeypatch.setattr(module, "MAX_REMOVED", 2)
    for number in range(3):
        tea = ask(store.open(f"tea {number}"))
    now = Path(tea.path).stat().st_mtime + 91 * DAY
    assert [store.prune(90, now) for _ in range(3)] == [2, 1, 0]


def test_a_directory_of_another_user_is_not_written(
    store: ConversationStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With `sudo -E`, root would lock the user out."""
    monkeypatch.setattr(os, "geteuid", lambda: 999_999)
    if os.getuid() == 0:  # root's own are no other user's
        os.chown(tmp_path, 12345, -1)
    tea = store.open("tea")
    with pytest.raises(ConversationError, match=rf"{tmp_path} belongs to user .*sudo -H"):
        ask(tea)
    monkeypatch.undo()
    os.chown(tmp_path, os.getuid(), -1)
    ask(store.open("tea"))
    monkeypatch.setattr(os, "geteuid", lambda: 999_999)
    with pytest.raises(ConversationError, match=f"{store.folder} belongs to user"):
        ask(store.open("tea"))


def test_a_folder_that_cannot_be_read(store: ConversationStore) -> None:
    """It is said, and prune does not fail."""
    Path(store.folder).parent.mkdir(parents=True)
    Path(store.folder).touch()
    with pytest.raises(ConversationError, match=r"cannot read .*Not a directory"):
        store.entries()
    with pytest.raises(ConversationError, match=r"cannot write .*Not a directory"):
        ask(store.new())
    store.set_last("pts-1", store.new())
    assert store.prune(1) == 0


def test_a_new_one_is_never_another_program_s(
    store: ConversationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if both began in the same second and chose the same name."""
    names_to_choose = iter(["a", "a", "a", "b"])
    monkeypatch.setattr(module, "new_name", lambda _now: next(names_to_choose))
    one, other = store.new(), store.new()
    ask(one, "first")
    ask(other, "second")
    ask(other, "third")
    assert [one.name, other.name] == ["a", "b"]
    assert [len(store.open(name).turns) for name in ("a", "b")] == [1, 2]


def test_a_bound_for_all(store: ConversationStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest without a name of their own go first; named ones stay."""
    named = ask(store.open("tea"), "x" * 1000)
    kept = [ask(store.new(), "x" * 1000) for _ in range(3)]
    for days, conversation in enumerate([*reversed(kept), named], start=1):
        age(store, conversation, days)
    now = Path(named.path).stat().st_ctime
    total = sum(entry.size for entry in store.entries())
    monkeypatch.setattr(module, "MAX_TOTAL", total - 1)
    assert store.prune(None, now) == 1
    assert set(names(store)) == {"tea", kept[1].name, kept[2].name}
    monkeypatch.setattr(module, "MAX_TOTAL", 0)
    assert store.prune(None, now + 2 * DAY) == 2
    assert names(store) == ["tea"]
