"""Which conversation a name means, for all commands of `chats`."""

from pathlib import Path

import pytest

from aircher_client.conversations import this_terminal
from helpers.daemon.cli import run_cli


def test_a_name_or_its_beginning(environ, talk) -> None:
    """If only one begins so."""
    talk("tea/green", "one")
    talk("coffee", "two")
    talk("cocoa", "three")
    assert run_cli(environ, "chats", "show", "tea").out.startswith("tea/green: 1 question")
    assert run_cli(environ, "chats", "show", "coffee").out.startswith("coffee: 1 question")
    outcome = run_cli(environ, "chats", "show", "co")
    assert (outcome.code, outcome.out) == (1, "")
    assert "2 conversations begin with co: give more of the name" in outcome.err


def test_the_last_one_without_a_name(environ, talk, store) -> None:
    """That of this terminal, else of all."""
    one = talk("one", "x", now=1e9)
    talk("two", "x", now=2e9)
    assert run_cli(environ, "chats", "show").out.startswith("two: ")
    store.set_last(this_terminal(), one)
    assert run_cli(environ, "chats", "show").out.startswith("one: ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["show"], "there is no conversation yet: ask something"),
        (["show", "x" * 201], "the limit is 200"),
        (["export", "cofee"], "there is no conversation cofee (did you mean coffee?): see"),
    ],
)
def test_there_is_none(environ, talk, store, words: list[str], message: str) -> None:
    """It is said, with a similar name."""
    if len(words) > 1:
        talk("coffee", "one")
    outcome = run_cli(environ, "chats", *words)
    assert (outcome.code, outcome.out) == (1, "")
    assert message in outcome.err


def test_a_damaged_one(environ, talk) -> None:
    """What is before the damage is shown, and the damage is said."""
    path = Path(talk("tea", "one", "the answer").path)
    path.write_bytes(path.read_bytes() + b"\x00\n")
    outcome = run_cli(environ, "chats", "show", "tea")
    assert (outcome.code, "the answer" in outcome.out) == (0, True)
    assert "is damaged at line 3" in outcome.err
