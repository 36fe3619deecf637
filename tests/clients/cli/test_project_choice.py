"""What `.aircher` sets for a command, and what is said of it."""

import argparse
from pathlib import Path

import pytest

from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed
from aircher_cli.project_choice import choose
from aircher_cli.values import Map
from aircher_client.project import find_choice
from aircher_client.project_file import Decisions, load
from helpers.daemon.cli import Stream

BOTH = 'model = "sonnet"\nkey = "work"\ntask = "review"\n'


def chosen(
    folder: Path,
    content: str,
    kept: Map | None = None,
    *,
    allowed: bool | None = True,
    **options: str,
) -> tuple[dict[str, str | None], str]:
    """Return model, task and label of a command with these options, and what was said."""
    environ = {"HOME": str(folder), "XDG_STATE_HOME": str(folder / "state")}
    path = folder / ".aircher"
    path.write_text(content)
    if allowed is not None:
        Decisions(environ).record(load(str(path)), allowed=allowed)
    err = Stream()
    given = argparse.Namespace(**{"model": None, "task": None, "label": None, **options})
    choose(Context(Console(None, err, environ), environ, None), given, str(path), kept or {})
    return vars(given), err.text


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"model": "sonnet", "task": "review", "label": "work"}),
        ({"model": "a/b"}, {"model": "a/b", "task": "review", "label": "work"}),
        ({"label": "own"}, {"model": "sonnet", "task": "review", "label": "own"}),
        # The task may have a model.
        ({"task": "brief"}, {"model": None, "task": "brief", "label": "work"}),
    ],
)
def test_options_take_precedence(
    tmp_path: Path, options: dict[str, str], expected: dict[str, str | None]
) -> None:
    """The file sets the rest."""
    assert chosen(tmp_path, BOTH, **options) == (expected, "")


@pytest.mark.parametrize(
    ("kept", "expected"),
    [
        ({"model": "a/b"}, {"model": None, "task": None, "label": "work"}),
        ({"task": "brief"}, {"model": None, "task": None, "label": "work"}),
        ({"route": {"key": "own"}}, {"model": "sonnet", "task": "review", "label": None}),
        ({"route": {"providers": ["a"]}}, {"model": "sonnet", "task": "review", "label": "work"}),
    ],
)
def test_a_conversation_keeps_its_settings(
    tmp_path: Path, kept: Map, expected: dict[str, str | None]
) -> None:
    """What was said to one account does not go to another."""
    assert chosen(tmp_path, BOTH, kept) == (expected, "")


def test_a_file_that_was_not_seen_has_no_effect(tmp_path: Path) -> None:
    """One note says so, with what to do; a denied one is not mentioned."""
    nothing = {"model": None, "task": None, "label": None}
    found, said = chosen(tmp_path, BOTH, allowed=None)
    assert found == nothing
    assert said == (
        f"aircher-cli: {tmp_path}/.aircher is not used until you allow it: "
        "'aircher-cli allow' shows it; 'aircher-cli deny' ends this note\n"
    )
    assert chosen(tmp_path, BOTH, allowed=False) == (nothing, "")
    found, said = chosen(tmp_path, "", allowed=None)
    assert (found, "has changed, and is not used" in said) == (nothing, True)


def test_an_allowed_file_that_cannot_be_used_ends_the_command(tmp_path: Path) -> None:
    """Another account must not answer instead."""
    with pytest.raises(CommandFailed, match="base_url is not allowed there"):
        chosen(tmp_path, 'base_url = "x"')


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    """The command goes on without it."""
    found, said = chosen(tmp_path, "#" * 5000, allowed=None)
    assert found["label"] is None
    assert said.endswith("is larger than 4 KiB; it is not used\n")


@pytest.mark.parametrize("content", ['key = "private"\n', "", "#" * 5000])
def test_the_allowed_key_stays_when_the_file_changes(tmp_path: Path, content: str) -> None:
    """Until the user decides again: a pull must not move work to the private account."""
    environ = {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
    (tmp_path / ".aircher").write_text(BOTH)
    file = load(str(tmp_path / ".aircher"))
    Decisions(environ).record(file, allowed=True, key="work")
    found, said = chosen(tmp_path, content, allowed=None)
    assert found == {"model": None, "task": None, "label": "work"}
    assert " (key work still is, as you allowed)" in said
    own, said = chosen(tmp_path, content, allowed=None, label="own")
    assert (own["label"], "still" in said) == ("own", False)
    kept, _ = chosen(tmp_path, content, {"route": {"key": "own"}}, allowed=None)
    assert kept["label"] is None
    Decisions(environ).record(file, allowed=False)
    assert chosen(tmp_path, content, allowed=None)[0]["label"] is None


def gone(folder: Path, monkeypatch: pytest.MonkeyPatch, **options: str) -> tuple[str | None, str]:
    """Return the label of a command in `folder`, and what was said."""
    environ = {"HOME": str(folder), "XDG_STATE_HOME": str(folder / "state")}
    monkeypatch.chdir(folder / "repo" / "src")
    err = Stream()
    given = argparse.Namespace(**{"model": None, "task": None, "label": None, **options})
    if path := find_choice(environ):
        choose(Context(Console(None, err, environ), environ, None), given, path)
    return given.label, err.text


def test_the_allowed_key_stays_when_the_file_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another branch has no such file: work must not move to the private account with it."""
    environ = {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
    root = tmp_path.resolve() / "repo"
    (root / ".git").mkdir(parents=True)
    (root / "src").mkdir()
    assert gone(tmp_path, monkeypatch) == (None, "")
    inner, outer = root / "src" / ".aircher", root / ".aircher"
    for path, allowed in ((inner, False), (outer, True)):
        path.write_text(BOTH)
        Decisions(environ).record(load(str(path)), allowed=allowed, key="work")
        path.unlink()

    label, said = gone(tmp_path, monkeypatch)
    assert (label, said.count("\n")) == ("work", 1)
    assert f"{outer} is gone; its key work is still used, as you allowed" in said
    assert gone(tmp_path, monkeypatch, label="own") == ("own", "")

    outer.write_text(BOTH)  # the first branch again
    assert gone(tmp_path, monkeypatch) == ("work", "")
    outer.write_text('key = "own"\n')
    Decisions(environ).record(load(str(outer)), allowed=True, key="own")
    assert gone(tmp_path, monkeypatch) == ("own", ""), "the nearer one was denied"
    outer.unlink()
    (root / ".git").rmdir()
    assert gone(tmp_path, monkeypatch) == (None, ""), "no repository any more"
