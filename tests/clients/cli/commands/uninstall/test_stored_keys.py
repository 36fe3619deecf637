"""The stored keys: their list, and their removal by the daemon."""

import json
from pathlib import Path

import pytest

from aircher_cli.commands.uninstall.stored_keys import (
    StoredKey,
    read_stored_keys,
    remove_stored_keys,
)
from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed
from helpers.daemon.cli_daemon import CliDaemon, Refusal

KEYS = [
    StoredKey("openai", "default", "keyring"),
    StoredKey("openai", "work", "keyring"),
    StoredKey("gemini", "default", "file"),
]


def context(daemon: CliDaemon) -> Context:
    return Context(Console(None, None, {}), daemon.environ, None)


def test_the_list(tmp_path: Path) -> None:
    """Each key with its label and its store; no list is no key."""
    environ = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    assert read_stored_keys(environ) == []
    (tmp_path / "aircher").mkdir()
    rows = [{**key._asdict(), "origin": "https://x", "stored_at": 1.0} for key in KEYS]
    (tmp_path / "aircher/keys.json").write_text(json.dumps({"keys": rows, "version": 1}))
    assert read_stored_keys(environ) == KEYS
    assert [str(key) for key in KEYS][1:] == ["openai@work (keyring)", "gemini (file)"]


@pytest.mark.parametrize("text", ["{", "[]", "{}"])
def test_a_list_that_cannot_be_read(tmp_path: Path, text: str) -> None:
    """Nothing is removed by chance: it says what to do."""
    (tmp_path / "aircher").mkdir()
    (tmp_path / "aircher/keys.json").write_text(text)
    with pytest.raises(CommandFailed, match=r"keys\.json, cannot be read.*--keep-keys"):
        read_stored_keys({"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)})


def test_the_daemon_removes_them(daemon: CliDaemon) -> None:
    """One call for each provider; what may be left is reported."""
    hint = "the keyring cannot be reached, the key may still be in it: no bus"
    daemon.answers["auth.logout"] = {"rows": [{"provider": "x", "hint": hint}], "removed": 1}
    assert remove_stored_keys(context(daemon), KEYS) == [hint, hint]
    called = [params for method, params in daemon.calls if method == "auth.logout"]
    assert called == [{"provider": "openai"}, {"provider": "gemini"}]


def test_a_key_that_stays_in_the_keyring(daemon: CliDaemon) -> None:
    """That ends it, with the reason; a key in a file goes with the file."""

    def refuse(*_: object) -> object:
        raise Refusal("keyring_locked", "it is locked")

    daemon.answers["auth.logout"] = refuse
    with pytest.raises(CommandFailed, match=r"has 2 keys of openai: it is locked\. No"):
        remove_stored_keys(context(daemon), KEYS)
    assert remove_stored_keys(context(daemon), KEYS[2:]) == []
