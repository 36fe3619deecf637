"""`aircher-cli chats list`."""

import json
import time
from pathlib import Path

from helpers.daemon.cli import run_cli


def test_the_latest_first(environ, talk) -> None:
    """With time, number of questions and first words."""
    now = time.time()
    talk("old", "the first question", now=now - 7200)
    talk("tea", "why is\nthe sky blue?", now=now - 120)
    talk("tea", "and now?", now=now - 60)
    outcome = run_cli(environ, "chats")
    assert (outcome.code, outcome.err) == (0, "")
    assert [line.split() for line in outcome.out.splitlines()] == [
        ["tea", "1", "min", "ago", "2", "questions", "why", "is", "the", "sky", "blue?"],
        ["old", "2", "h", "0", "min", "ago", "1", "question", "the", "first", "question"],
    ]


def test_without_any(environ, store) -> None:
    """It is no error, and creates nothing."""
    outcome = run_cli(environ, "chats", "list")
    assert (outcome.code, outcome.out) == (0, "no conversation is kept yet\n")
    assert json.loads(run_cli(environ, "chats", "--json").out) == {"conversations": [], "more": 0}
    assert not Path(store.folder).exists()


def test_many(environ, talk) -> None:
    """The first ones, unless all are wanted."""
    for number in range(23):
        talk(f"talk {number}", "hello", now=1e9 + number)
    outcome = run_cli(environ, "chats", "list")
    lines = outcome.out.splitlines()
    assert (len(lines), lines[0][:7], lines[-1]) == (21, "talk 22", "and 3 more: --all")
    assert len(run_cli(environ, "chats", "list", "--all").out.splitlines()) == 23
    assert "and 21 more" in run_cli(environ, "chats", "list", "-n", "2").out


def test_for_scripts(environ, talk) -> None:
    """With what the user chose; one that cannot be read has its reason."""
    tea = talk("tea", "green?", model="a/b", system="be short", now=1e9)
    broken = Path(talk("broken", "x", now=2e9).path)
    broken.write_bytes(broken.read_bytes().replace(b'"version":1', b'"version":7'))
    found = json.loads(run_cli(environ, "chats", "list", "--json").out)
    first, second = found["conversations"]
    assert first["name"] == "broken"
    assert "written by a newer aircher" in first["problem"]
    assert second == {
        "name": "tea",
        "title": "green?",
        "changed": 1e9,
        "questions": 1,
        "file": tea.path,
        "model": "a/b",
        "system": "be short",
    }
    assert "written by a newer aircher" in run_cli(environ, "chats").out


def test_at_40_columns(environ, talk) -> None:
    """Name and first words stay."""
    talk("20261130-093112-4f2a", "a question with some more words than fit", now=1e9)
    outcome = run_cli({**environ, "COLUMNS": "40"}, "chats")
    assert max(map(len, outcome.out.splitlines())) <= 40
    assert outcome.out.startswith("20261130-093112-4f2a a question")


def test_a_folder_that_cannot_be_read(environ, store) -> None:
    """It is said."""
    Path(store.folder).parent.mkdir(parents=True)
    Path(store.folder).touch()
    outcome = run_cli(environ, "chats")
    assert (outcome.code, outcome.out) == (1, "")
    assert f"cannot read {store.folder}" in outcome.err
