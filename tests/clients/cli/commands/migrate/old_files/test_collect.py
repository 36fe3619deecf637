"""Which of several old files count."""

import os

import pytest

from aircher_cli.commands.migrate.old_files import collect as collecting
from aircher_cli.commands.migrate.old_files.collect import can_others_read, collect
from aircher_cli.commands.migrate.old_files.sources import find_files
from helpers.old_aircher.places import LAYOUTS, write_files
from helpers.old_aircher.samples import (
    ALL_KEYS,
    FORM_A,
    FORM_B,
    GOOGLE,
    OPENAI,
    PLAIN_CLAUDE,
    auth_json,
)


@pytest.fixture
def look(tmp_path):
    def look(files, contents=None):
        write_files(tmp_path, files)
        found = find_files({"HOME": str(tmp_path)})
        paths = {tmp_path / name: data for name, data in (contents or {}).items()}
        return collect(found, os.getuid(), paths)

    return look


def test_the_configuration_of_the_newest_layout_is_used(look, tmp_path):
    """Another one is listed, with the one that is used."""
    found = look({**LAYOUTS["home"], **LAYOUTS["xdg"]})
    assert found.config.file == str(tmp_path / ".aircher/config.toml")
    (note,) = [n for n in found.notes if n.file == str(tmp_path / ".config/aircher/config.toml")]
    assert note.kind == "no_counterpart"
    assert note.message.startswith(f"not used: {found.config.file} is of a newer layout")


def test_keys_of_all_files_are_found_newest_first(look):
    """`auth.json` of the newest layout comes first, keys in a configuration last."""
    found = look(
        {
            ".aircher/auth.json": auth_json({"openai": OPENAI}),
            ".config/aircher/auth.json": auth_json({"google": GOOGLE}),
            ".config/aircher/config.toml": FORM_B,
        }
    )
    assert [key.value for key in found.keys][:3] == [OPENAI, GOOGLE, PLAIN_CLAUDE]
    assert found.keys[2].base_url is None  # this configuration is the one that is used


def test_keys_of_an_unused_configuration_name_their_server(look):
    """So that such a key is not sent to another server."""
    found = look({".aircher/config.toml": FORM_A, ".config/aircher/config.toml": FORM_B})
    assert {key.provider: key.base_url for key in found.keys} == {
        "claude": "",
        "openrouter": "https://openrouter.ai/api/v1",
    }


def test_a_new_configuration_is_no_old_file(look):
    """~/.aircher/config.toml of this program is not among the old files."""
    found = look({".aircher/config.toml": 'default_model = "openai/m"\n'})
    assert (found.files, found.notes, found.config) == ([], [], None)


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("x = 1\n", "left", "is not a configuration of the earlier aircher"),
        ('default_model = "a/m"\n', "left", "is a configuration of this program"),
        ("", "hint", "is empty"),
        ('default_model = "a/m"\n[global]\n', "problem", "of the earlier aircher and of this one"),
    ],
)
def test_other_files_in_an_old_place(look, text, kind, message):
    """What is there instead is said."""
    found = look({".config/aircher/config.toml": text})
    (note,) = found.notes
    assert note.kind == kind
    assert message in note.message
    assert found.config is None


def test_damaged_files_are_kept(look, tmp_path):
    """A file with something that cannot be carried over may not be removed."""
    found = look(
        {
            ".config/aircher/config.toml": FORM_A + "\n[broken",
            ".config/aircher/auth.json": auth_json() + b"x",
        }
    )
    places = {str(tmp_path / ".config/aircher" / name) for name in ("config.toml", "auth.json")}
    assert found.kept == places


def test_a_file_that_is_open_to_others_is_mentioned(tmp_path, monkeypatch):
    """Keys that other users could read should be replaced."""
    write_files(tmp_path, {".aircher/auth.json": auth_json()}, mode=0o644)
    files = find_files({"HOME": str(tmp_path)})
    assert collect(files, os.getuid()).notes == []  # the folders above it are closed
    monkeypatch.setattr(collecting, "can_others_read", lambda _mode, _parents: True)
    found = collect(files, os.getuid())
    assert "could be read by other users of this machine (mode 0644)" in found.notes[0].message


@pytest.mark.parametrize(
    ("mode", "parents", "expected"),
    [
        (0o644, [0o755, 0o755], True),
        (0o644, [0o755, 0o700], False),
        (0o640, [0o750], True),
        (0o604, [0o750], False),
        (0o600, [0o777], False),
    ],
)
def test_who_can_read_a_file(mode, parents, expected):
    """Its own mode and those of all folders above it count."""
    assert can_others_read(mode, parents) is expected


def test_files_of_another_user_are_refused(tmp_path):
    """Nothing of another user's place is read."""
    write_files(tmp_path, LAYOUTS["home"])
    found = collect(find_files({"HOME": str(tmp_path)}), os.getuid() + 1)
    assert found.keys == []
    assert found.config is None
    refused = [note for note in found.notes if note.kind == "problem"]
    assert len(refused) == 2
    assert all("belongs to user" in note.message for note in refused)


def test_a_content_can_be_replaced(look):
    """A file that an interrupted run has replaced is read from its backup."""
    new = {".aircher/config.toml": 'default_model = "a/m"\n'}
    found = look(new, contents={".aircher/config.toml": FORM_B.encode()})
    assert found.config.form == "b"


def test_nothing_shows_a_key(look):
    """The repr of all that was found has no key."""
    found = look({**LAYOUTS["home"], ".config/aircher/config.toml": FORM_B})
    assert not any(key in repr(found) for key in ALL_KEYS)
