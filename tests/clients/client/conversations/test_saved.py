"""One conversation: turns go in and come out, whatever happens to the file meanwhile."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from aircher_client.conversations import saved
from aircher_client.conversations.names import ConversationError
from aircher_client.conversations.records import Settings
from aircher_client.conversations.saved import SavedConversation


def user(text: str) -> dict[str, object]:
    return {"role": "user", "content": text}


def reply(text: str) -> dict[str, object]:
    return {"role": "assistant", "content": text}


def said(conversation: SavedConversation) -> list[object]:
    return [message["content"] for message in conversation.messages]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tea.jsonl"


def opened(path: Path) -> SavedConversation:
    conversation = SavedConversation(str(path), "tea", lambda: None)
    conversation.load()
    return conversation


def add(conversation: SavedConversation, question: str, answer: str, **settings: str) -> int:
    return conversation.append([user(question)], reply(answer), settings=Settings(**settings))


def test_a_conversation_is_read_back(path: Path) -> None:
    """With its messages, model, task, system prompt, times and marks of answers."""
    tea = opened(path)
    assert (tea.is_new, tea.messages, tea.model, tea.system) == (True, [], None, None)
    added = tea.append(
        [user("green?"), reply("yes"), user("hot\udcff?")],
        {"role": "assistant", "content": [{"type": "text", "text": "no"}]},
        settings=Settings(model="a/b", task="t", system="be short"),
        answered_by="a/b",
        cut_off="stopped",
        now=7.0,
    )
    assert added == 0
    again = opened(path)
    for each in (tea, again):
        assert (
            each.is_new,
            each.name,
            each.model,
            each.system,
        ) == (False, "tea", "a/b", "be short")
        assert said(each) == ["green?", "yes", "hot\udcff?", [{"type": "text", "text": "no"}]]
        (turn,) = each.turns
        assert (
            turn.answered_by,
            turn.cut_off,
            turn.at,
            turn.settings.task,
        ) == ("a/b", "stopped", 7.0, "t")
        assert each.notes == []
    assert repr(again) == "<SavedConversation 'tea' of 1 turns>"


def test_two_terminals_in_one_conversation(path: Path) -> None:
    """The second one's turn comes after the first one's, and it learns of it."""
    one, other = opened(path), opened(path)
    assert add(one, "a", "b") == 0
    assert add(other, "c", "d") == 1
    assert said(other) == ["a", "b", "c", "d"]
    assert one.refresh() == 1
    assert said(one) == said(other)
    assert one.refresh() == 0


PROGRAM = """
import sys
from aircher_client.conversations import SavedConversation, Settings
path, number, turns = sys.argv[1], sys.argv[2], int(sys.argv[3])
conversation = SavedConversation(path, "tea", lambda: None)
conversation.load()
for turn in range(turns):
    asked = [{"role": "user", "content": f"{number} {turn}"}]
    reply = {"role": "assistant", "content": "x" * 50_000}
    conversation.append(asked, reply, settings=Settings())
    sys.stdout.write(".")
    sys.stdout.flush()
"""


def start(path: Path, number: int, turns: int) -> "subprocess.Popen[bytes]":
    """Start another program that adds turns, and prints a dot for each that is written."""
    command = [sys.executable, "-c", PROGRAM, str(path), str(number), str(turns)]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=environ, bufsize=0)


def test_many_programs_at_once(path: Path) -> None:
    """Each turn arrives whole, once, with one header."""
    programs = [start(path, number, 10) for number in range(3)]
    assert [program.communicate(timeout=40)[0] for program in programs] == [b"." * 10] * 3
    tea = opened(path)
    questions = {turn.asked[0]["content"] for turn in tea.turns}
    assert (len(tea.turns), len(questions), tea.notes) == (30, 30, [])


@pytest.mark.parametrize("written", [1, 7, 20])
def test_a_killed_program_loses_only_what_it_was_writing(path: Path, written: int) -> None:
    """What was written before is there, and the conversation goes on."""
    program = start(path, 0, 1000)
    assert program.stdout is not None
    dots = 0
    while dots < written:
        dots += len(program.stdout.read(1))
    program.kill()
    dots += len(program.communicate(timeout=40)[0])
    tea = opened(path)
    assert len(tea.turns) in (dots, dots + 1)
    add(tea, "more", "ok")
    assert said(opened(path))[-2:] == ["more", "ok"]
    assert opened(path).notes == []


def test_settings_change_without_a_turn(path: Path) -> None:
    """Only if they are others, and the conversation has begun."""
    tea = opened(path)
    tea.change(Settings(system="s"))
    assert (tea.system, path.exists()) == ("s", False)
    add(tea, "a", "b", system="s")
    size = path.stat().st_size
    tea.change(Settings(system="s"))
    assert size == path.stat().st_size
    tea.change(Settings(model="m"))
    again = opened(path)
    assert (again.model, again.system) == ("m", None)


def test_the_key_stays_though_another_program_does_not_know_it(path: Path) -> None:
    """What was said to one account must not go to another because of who wrote last."""
    here, there = opened(path), opened(path)
    work = Settings(route={"key": "work", "strategy": "cheapest"})
    there.append([user("a")], reply("b"), settings=work)
    add(here, "c", "d", model="m")
    expected = {"model": "m", "route": {"key": "work"}}
    assert here.settings.fields() == opened(path).settings.fields() == expected
    here.change(Settings(system="s"))
    assert opened(path).settings.fields() == {"system": "s", "route": {"key": "work"}}
    here.change(Settings(route={"key": "own"}))
    assert opened(path).settings.fields() == {"route": {"key": "own"}}


def test_turns_are_taken_back(path: Path) -> None:
    """As `/retry` and `/clear` do; another terminal sees it."""
    tea, other = opened(path), opened(path)
    tea.drop(1)
    assert not path.exists()
    add(tea, "a", "b")
    add(tea, "c", "d")
    assert other.refresh() == 2
    tea.drop(1)
    tea.drop(0)
    assert said(tea) == ["a", "b"]
    assert other.refresh() == -1


def test_an_interrupted_write_is_left_out_and_replaced(path: Path) -> None:
    """A killed program loses its own line and no other."""
    tea = opened(path)
    add(tea, "a", "b")
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"kind": "turn", "asked": [')
    again = opened(path)
    assert said(again) == ["a", "b"]
    assert ["incomplete" in note for note in again.notes] == [True]
    add(again, "c", "d")
    last = opened(path)
    assert (said(last), last.notes) == (["a", "b", "c", "d"], [])
    path.write_bytes(path.read_bytes()[:-1])  # nothing but the line break is missing
    add(opened(path), "e", "f")
    assert said(opened(path)) == ["a", "b", "c", "d", "e", "f"]
    path.write_bytes(b'{"form')  # the header was being written
    tea.refresh()
    add(tea, "g", "h")
    assert said(opened(path)) == ["g", "h"]


def test_a_damaged_file_is_read_up_to_the_damage(path: Path) -> None:
    """It is said, and nothing of it is lost when the conversation goes on."""
    tea = opened(path)
    add(tea, "a", "b")
    good = path.read_bytes()
    damaged = good + b"\x00\x00\n" + good
    path.write_bytes(damaged)
    again = opened(path)
    assert said(again) == ["a", "b"]
    assert "damaged at line 3" in again.notes.pop()
    add(again, "c", "d")
    assert said(opened(path)) == ["a", "b", "c", "d"]
    aside = path.with_name("tea.jsonl.damaged-1")
    assert damaged == aside.read_bytes()
    assert [f"the damaged conversation is kept as {aside}"] == again.notes


def test_a_newer_version_is_refused(path: Path) -> None:
    """To read and to write; nothing is changed."""
    tea = opened(path)
    add(tea, "a", "b")
    newer = path.read_bytes().replace(b'"version":1', b'"version":9')
    path.write_bytes(newer)
    with pytest.raises(ConversationError, match=r"newer aircher \(format 9; this one reads 1\)"):
        opened(path)
    with pytest.raises(ConversationError, match="update aircher"):
        add(tea, "c", "d")
    assert newer == path.read_bytes()


def test_a_conversation_that_was_removed_meanwhile(path: Path) -> None:
    """The turn is kept nevertheless."""
    tea = opened(path)
    add(tea, "a", "b")
    path.unlink()
    add(tea, "c", "d")
    assert said(opened(path)) == ["c", "d"]
    path.unlink()
    assert tea.refresh() == -1


def test_what_cannot_be_written_is_said(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the path and the reason; so is what cannot be read."""
    tea = opened(path)
    add(tea, "a", "b")

    def fail(_descriptor: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", fail)
    with pytest.raises(ConversationError, match=f"cannot write {path}: No space left"):
        add(tea, "c", "d")
    path.unlink()
    path.mkdir()
    with pytest.raises(ConversationError, match="not a regular file"):
        opened(path)
    path.rmdir()
    path.symlink_to("elsewhere")
    with pytest.raises(ConversationError, match=f"cannot read {path}: Too many levels"):
        opened(path)


def test_a_conversation_has_a_bound(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond it, another one has to be begun."""
    tea = opened(path)
    monkeypatch.setattr(saved, "MAX_BYTES", 3 << 20)
    add(tea, "a", "x" * (2 << 20))
    with pytest.raises(ConversationError, match="has 3 MiB and takes no more: begin another one"):
        add(tea, "b", "x" * (2 << 20))
    assert len(opened(path).turns) == 1


def test_attached_files_come_back(path: Path, tmp_path: Path) -> None:
    """A file that has changed is named, and its place says so."""
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"\x89PNG" * 100_000)
    from base64 import b64encode  # noqa: PLC0415 -- only here

    part = {"type": "image", "data": b64encode(photo.read_bytes()).decode(), "cache": True}
    tea = opened(path)
    asked = [{"role": "user", "content": [part]}]
    tea.append(asked, reply("nice"), settings=Settings(), paths=[str(photo)])
    assert path.stat().st_size < 1000
    assert part["data"] == tea.messages[0]["content"][0]["data"]
    assert "cache" not in tea.messages[0]["content"][0]
    assert "kept" in tea.kept_messages[0]["content"][0]
    photo.unlink()
    assert tea.messages[0]["content"][0]["text"] == "(photo.png is no longer available)"
    assert tea.missing == ["photo.png"]
