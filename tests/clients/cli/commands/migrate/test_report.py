"""The report as text and as JSON."""

import json
from pathlib import Path

import pytest

from aircher_cli.commands.migrate.notes import Note
from aircher_cli.commands.migrate.old_files.sources import OldFile
from aircher_cli.commands.migrate.plan.keys import PlannedKey
from aircher_cli.commands.migrate.plan.plan import Plan
from aircher_cli.commands.migrate.report import (
    Report,
    json_value,
    removal_question,
    report_lines,
    text_of_config,
)
from aircher_cli.commands.migrate.steps.execute import KeyOutcome, Result
from aircher_cli.commands.migrate.steps.removal import Remaining

HOME = Path("/home/nina")
AUTH = HOME / ".config/aircher/auth.json"
CANARY = "sk-canary-0123456789"
KEY = PlannedKey("anthropic", "claude", CANARY, str(AUTH))


def report(**fields):
    return Report(str(HOME), HOME / ".aircher/config.toml", is_dry_run=False, **fields)


def text(value, width=80):
    return "\n".join("".join(piece for piece, _ in line) for line in report_lines(value, width))


FULL = report(
    files=[OldFile(AUTH, "keys", "xdg")],
    plan=Plan(text='default_model = "a/m"\n', keys=[KEY]),
    result=Result(
        action="write",
        backup=HOME / ".aircher/backup-2026-11-29",
        keys=[KeyOutcome(KEY, "stored")],
    ),
    notes=[
        Note("problem", "key of mistral", "is not stored", str(AUTH)),
        Note("problem", "", "is damaged", str(AUTH), 4),
        Note("no_counterpart", "[ui]", "there is no interface", str(HOME / "c.toml")),
        Note("hint", "OPENAI_API_KEY", "is set"),
    ],
    removable=[OldFile(AUTH, "keys", "xdg")],
)


def test_text():
    """What was found, done and left is said, by importance."""
    assert (
        text(FULL)
        == """\
Found from the earlier aircher:
· keys  ~/.config/aircher/auth.json

✓ wrote ~/.aircher/config.toml; what it was before is in
  ~/.aircher/backup-2026-11-29

Keys from ~/.config/aircher/auth.json:
✓ anthropic  …6789  stored
→ check them, free of charge: aircher-cli auth test

Needs your attention:
  ~/.config/aircher/auth.json:4: is damaged
  ~/.config/aircher/auth.json:
    key of mistral: is not stored

Good to know:
  OPENAI_API_KEY: is set

Not carried over:
  ~/c.toml:
    [ui]: there is no interface

1 old file can be removed now: aircher-cli migrate --remove-old"""
    )


@pytest.mark.parametrize("width", [40, 60, 100])
def test_lines_fit(width):
    """Only a path, which is not broken, may be longer than the terminal is wide."""
    for line in text(FULL, width).splitlines():
        assert len(line) < width or "/" in line


def test_json():
    """Everything is there for scripts, in types that JSON has, and no key."""
    value = json.loads(json.dumps(json_value(FULL)))
    assert value["ok"] is False
    assert value["config"]["action"] == "write"
    assert value["keys"] == [
        {
            "provider": "anthropic",
            "old_provider": "claude",
            "file": str(AUTH),
            "masked": "…6789",
            "outcome": "stored",
            "message": None,
        }
    ]
    assert value["notes"][1]["line"] == 4
    assert CANARY not in json.dumps(value)
    assert CANARY not in text(FULL)
    assert CANARY not in repr(FULL)


@pytest.mark.parametrize(
    ("fields", "good"),
    [
        ({}, True),
        ({"notes": [Note("problem", "x", "y")]}, False),
        ({"notes": [Note("no_counterpart", "x", "y"), Note("hint", "x", "y")]}, True),
        ({"result": Result(action="refused")}, False),
        ({"result": Result(action="kept")}, True),
        ({"result": Result(keys=[KeyOutcome(KEY, "exists")])}, False),
        ({"result": Result(keys=[KeyOutcome(KEY, "already")])}, True),
    ],
)
def test_what_is_good(fields, good):
    """What has no counterpart is no failure; what should be carried over and is not, is one."""
    assert report(**fields).is_good is good


def test_a_dry_run_shows_the_configuration():
    """The whole new file is shown, and that nothing checked it."""
    value = report(
        plan=Plan(text='x = 1\n\n[y]\nz = "w"\n'),
        result=Result(action="would_write"),
        is_checked=False,
    )
    shown = ["".join(piece for piece, _ in line) for line in text_of_config(value)]
    assert shown == [
        "",
        "~/.aircher/config.toml would be:",
        "  x = 1",
        "",
        "  [y]",
        '  z = "w"',
    ]
    assert "the daemon is not running, so the new configuration was not checked" in text(value)


def test_an_emptied_backup_is_mentioned():
    """The user should know that the copy is gone."""
    result = Result(action="write", backup=HOME / "b", is_backup_emptied=True)
    assert "the backup is empty" in text(report(result=result))


def test_other_keys_in_the_backup_are_mentioned():
    """A key that is not stored is not lost, and the user should know where it is."""
    result = Result(action="write", backup=HOME / "b", has_other_keys=True)
    assert "the backup has a key that is not stored" in text(report(result=result))


def test_paths_in_messages_are_short():
    """The home directory is `~` in the text."""
    shown = text(report(notes=[Note("hint", "x", f"see {HOME}/c.toml")]))
    assert "x: see ~/c.toml" in shown


def test_what_was_removed_and_what_remains():
    """Both are listed, with the reasons."""
    shown = text(report(removed=[AUTH], remains=[Remaining(HOME / "x", "it is data")]))
    assert "✓ removed ~/.config/aircher/auth.json" in shown
    assert "Not removed:\n  ~/x: it is data" in shown


def test_the_question_names_the_files():
    """Before something is removed, the user sees what."""
    question = removal_question([OldFile(AUTH, "keys", "xdg")], str(HOME))
    assert "  ~/.config/aircher/auth.json\n" in question
    assert question.endswith("[y/N] ")
