"""`aircher-cli chats rm`."""

import json
import time
from pathlib import Path

import pytest

from aircher_cli.__main__ import run
from aircher_cli.console import Console
from aircher_cli.context import Context
from helpers.daemon.cli import Outcome, Stream, run_cli


def names(store) -> list[str]:
    return [entry.name for entry in store.entries()]


def test_one_is_removed_at_once(environ, talk, store) -> None:
    """By its name; also one that cannot be read."""
    path = Path(talk("tea", "x", now=3e9).path)
    path.write_bytes(path.read_bytes().replace(b'"version":1', b'"version":7'))
    talk("coffee", "x", now=2e9)
    talk("cocoa", "x", now=1e9)
    assert run_cli(environ, "chats", "rm", "tea").out == "removed 1 conversation\n"
    assert run_cli(environ, "chats", "rm", "coffee").out == "removed 1 conversation\n"
    assert names(store) == ["cocoa"]
    outcome = run_cli(environ, "chats", "rm", "tea")
    assert (outcome.code, "there is no conversation tea" in outcome.err) == (1, True)


def ask(environ: dict[str, str], answer: str, *words: str) -> Outcome:
    """Run `chats rm` at a terminal at which `answer` is typed."""
    out, err = Stream(terminal=True), Stream(terminal=True)
    keyboard = Stream(answer.encode(), terminal=True)
    code = run(Context(Console(out, err, environ), environ, keyboard), ["chats", "rm", *words])
    return Outcome(code, out.text, err.text)


def test_one_that_was_not_named_in_full_is_asked_about(environ, talk, store) -> None:
    """It may be another one than the user means, and cannot be had back."""
    talk("plans", "x")
    outcome = run_cli(environ, "chats", "rm", "plan")
    assert (outcome.code, names(store)) == (2, ["plans"])
    assert "this would remove 1 conversation (plans): add --yes" in outcome.err
    assert "Remove 1 conversation (plans)? [y/N]" in ask(environ, "n\n", "plan").err
    assert names(store) == ["plans"]
    assert ask(environ, "y\n", "plan").code == 0
    assert names(store) == []


@pytest.mark.parametrize(("answer", "left"), [("y\n", 1), ("YES\n", 1), ("n\n", 3), ("", 3)])
def test_several_are_asked_about(environ, talk, store, answer: str, left: int) -> None:
    """Everything but a yes keeps them."""
    for name in ("tea", "coffee", "cocoa"):
        talk(name, "x")
    outcome = ask(environ, answer, "tea", "coffee")
    assert "Remove 2 conversations (tea, coffee)? [y/N]" in outcome.err
    assert (len(names(store)), outcome.code) == (left, 0 if left == 1 else 1)
    assert left == 1 or "nothing was removed" in outcome.err


def test_without_a_terminal_several_need_yes(environ, talk, store) -> None:
    """A script says what it means."""
    talk("tea", "x")
    talk("coffee", "x")
    outcome = run_cli(environ, "chats", "rm", "--all", stdin="y\n")
    assert (outcome.code, len(names(store))) == (2, 2)
    assert "this would remove 2 conversations (" in outcome.err
    outcome = run_cli(environ, "chats", "rm", "--all", "--yes", "--json")
    assert sorted(json.loads(outcome.out)["removed"]) == ["coffee", "tea"]
    assert names(store) == []


def test_old_ones(environ, talk, store) -> None:
    """By when they were last continued."""
    now = time.time()
    talk("old", "x", now=now - 31 * 86_400)
    talk("young", "x", now=now - 29 * 86_400)
    assert run_cli(environ, "chats", "rm", "--older-than", "30d").code == 0
    assert names(store) == ["young"]
    assert run_cli(environ, "chats", "rm", "--older-than", "30d").out == "removed 0 conversations\n"


@pytest.mark.parametrize(
    "words", [[], ["tea", "--all"], ["--all", "--older-than", "3d"], ["--older-than", "soon"]]
)
def test_it_must_be_clear_what_is_meant(environ, talk, store, words: list[str]) -> None:
    """One way of naming them."""
    talk("tea", "x")
    assert run_cli(environ, "chats", "rm", *words).code == 2
    assert names(store) == ["tea"]


def test_what_cannot_be_removed_is_said(environ, talk, store, monkeypatch) -> None:
    """With the reason."""
    talk("tea", "x")

    def fail(_path: str) -> None:
        raise OSError(13, "Permission denied")

    monkeypatch.setattr("os.unlink", fail)
    outcome = run_cli(environ, "chats", "rm", "tea")
    assert outcome.code == 1
    assert "cannot remove" in outcome.err
    assert "Permission denied" in outcome.err
