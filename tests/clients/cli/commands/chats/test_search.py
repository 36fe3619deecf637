"""`aircher-cli chats search`."""

import json
from pathlib import Path

from helpers.daemon.cli import run_cli


def test_places(environ, talk) -> None:
    """In questions, answers and system prompts, the latest conversation first."""
    talk("old", "what is Green Tea?", "a drink", now=1e9)
    talk("new", "hello", "I am a green\nteapot", now=2e9, system="you are green tea")
    outcome = run_cli(environ, "chats", "search", "green", "tea")
    assert outcome.out == ("new\n  system: you are green tea\nold\n  user: what is Green Tea?\n")
    assert "teapot" in run_cli(environ, "chats", "search", "TEAPOT").out


def test_for_scripts(environ, talk) -> None:
    """At most as many as wanted."""
    for number in range(3):
        talk(f"talk {number}", "tea", now=1e9 + number)
    found = json.loads(run_cli(environ, "chats", "search", "--json", "-n", "2", "tea").out)
    assert found["found"] == [
        {"name": "talk 2", "at": 1e9 + 2, "role": "user", "text": "tea"},
        {"name": "talk 1", "at": 1e9 + 1, "role": "user", "text": "tea"},
    ]


def test_nothing_found(environ, talk) -> None:
    """Exit code 1, as of grep; what cannot be read is said."""
    path = Path(talk("tea", "x").path)
    path.write_bytes(path.read_bytes().replace(b'"version":1', b'"version":7'))
    outcome = run_cli(environ, "chats", "search", "coffee")
    assert (outcome.code, outcome.out) == (1, "")
    assert "written by a newer aircher" in outcome.err
    assert "no conversation has coffee" in outcome.err
    assert run_cli(environ, "chats", "search", "--json", "coffee").code == 1
