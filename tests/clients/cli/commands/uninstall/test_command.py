"""`aircher-cli uninstall`. A whole removal is in tests/e2e/packaging/test_first_hour.py."""

import json
from pathlib import Path

import pytest

from aircher_cli.__main__ import run
from aircher_cli.console import Console
from aircher_cli.context import Context
from helpers.daemon.cli import Stream, run_cli
from helpers.systemd.fake_systemctl import FakeSystemctl

UNITS = ("aircherd.socket", "aircherd.service")


@pytest.fixture
def systemctl(tmp_path: Path) -> FakeSystemctl:
    """The home of a user with a configuration, a file of the user's own, and the service."""
    made = FakeSystemctl(tmp_path / "fake")
    assert run_cli(made.environ, "daemon", "install", "--no-start").code == 0
    folder = made.folder / "home" / ".aircher"
    folder.mkdir()
    (folder / "config.toml").touch()
    (folder / "notes.md").touch()
    (made.folder / "home" / ".bashrc").write_text('eval "$(aircher-cli completion bash)"\n')
    return made


def files(systemctl: FakeSystemctl) -> set[str]:
    home = systemctl.folder / "home"
    return {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()}


def answer(systemctl: FakeSystemctl, typed: str, *options: str) -> tuple[int, str, str]:
    """Run the command on a terminal where `typed` is the answer."""
    out, err = Stream(), Stream(terminal=True)
    environ = systemctl.environ
    keyboard = Stream(typed.encode(), terminal=True)
    code = run(Context(Console(out, err, environ), environ, keyboard), ["uninstall", *options])
    return code, out.text, err.text


def test_it_shows_what_there_is_and_asks(systemctl: FakeSystemctl) -> None:
    """Without a yes, nothing is changed."""
    before = files(systemctl)
    for typed in ("\n", "n\n", "", "yess\n"):
        code, out, err = answer(systemctl, typed)
        assert (code, files(systemctl)) == (0, before)
        assert err == "Remove all of this? It cannot be undone. [y/N] \n"[: len(err)]
    assert out.splitlines() == [
        "to remove:",
        "  service ~/.config/systemd/user/aircherd.socket",
        "  service ~/.config/systemd/user/aircherd.service",
        "  1 file in ~/.aircher",
        "kept:",
        "  ~/.aircher/notes.md: it is not from aircher",
        "  ~/.bashrc: remove line 1, which names aircher-cli, yourself",
    ]


def test_yes_removes_it(systemctl: FakeSystemctl) -> None:
    """Then the command that removes the program is shown; a second time there is nothing."""
    code, out, _ = answer(systemctl, "y\n")
    assert (code, files(systemctl)) == (0, {".aircher/notes.md", ".bashrc"})
    assert "✓ removed ~/.config/systemd/user/aircherd.socket" in out
    assert "✓ removed 1 file in ~/.aircher" in out
    assert out.splitlines()[-2] == "the program is still installed; this removes it:"
    code, out, err = answer(systemctl, "")
    assert (code, err) == (0, "")
    assert out.startswith("nothing to remove: ")


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_without_a_terminal_it_needs_a_yes(
    systemctl: FakeSystemctl, options: tuple[str, ...]
) -> None:
    """A script that pipes something into it removes nothing by chance."""
    before = files(systemctl)
    outcome = run_cli(systemctl.environ, "uninstall", *options, stdin="y\n")
    assert (outcome.code, files(systemctl)) == (2, before)
    assert "--yes" in outcome.out + outcome.err


def test_a_dry_run_changes_nothing(systemctl: FakeSystemctl) -> None:
    """It says the same, also as JSON."""
    before = files(systemctl)
    outcome = run_cli(systemctl.environ, "uninstall", "--dry-run", "--yes", "--json")
    record = json.loads(outcome.out)
    home = f"{systemctl.folder}/home"
    assert (outcome.code, files(systemctl), record["removed"]) == (0, before, False)
    assert record["service"] == [f"{home}/.config/systemd/user/{name}" for name in UNITS]
    assert record["files"] == [f"{home}/.aircher/config.toml"]
    assert [each["path"] for each in record["kept"]] == ["~/.aircher/notes.md", "~/.bashrc"]


def test_an_unreadable_list_of_keys_ends_it(systemctl: FakeSystemctl) -> None:
    """Before anything is removed; with --keep-keys it goes on, and keeps the list."""
    folder = systemctl.folder / "home/.local/share/aircher"
    folder.mkdir(parents=True)
    (folder / "keys.json").write_text("{")
    before = files(systemctl)
    outcome = run_cli(systemctl.environ, "uninstall", "--yes")
    assert (outcome.code, files(systemctl)) == (1, before)
    outcome = run_cli(systemctl.environ, "uninstall", "--yes", "--keep-keys")
    left = {".aircher/notes.md", ".bashrc", ".local/share/aircher/keys.json"}
    assert (outcome.code, files(systemctl)) == (0, left)


def test_a_directory_with_the_name_of_a_file_is_kept(systemctl: FakeSystemctl) -> None:
    """It is none of ours, whatever is in it."""
    folder = systemctl.folder / "home/.local/share/aircher/ledger.db"
    folder.mkdir(parents=True)
    outcome = run_cli(systemctl.environ, "uninstall", "--yes")
    assert outcome.code == 0
    assert "ledger.db: it is not from aircher" in outcome.out
    assert folder.is_dir()


def test_conversations_are_named(systemctl: FakeSystemctl) -> None:
    """They cannot be written again."""
    folder = systemctl.folder / "home" / ".local/state/aircher/conversations"
    (folder / "terminals").mkdir(parents=True)
    for name in ("tea.jsonl", "plans.jsonl", "pruned", "terminals/pts-1"):
        (folder / name).touch()
    code, out, _ = answer(systemctl, "", "--dry-run")
    said = " ".join(out.split())
    assert code == 0
    assert "with 2 conversations ('aircher-cli chats export NAME' saves one)" in said


def test_narrow_terminals(systemctl: FakeSystemctl) -> None:
    """Lines are wrapped between words."""
    outcome = run_cli({**systemctl.environ, "COLUMNS": "40"}, "uninstall", "--dry-run")
    lines = outcome.out.splitlines()
    assert "  service" in lines
    assert all(len(line) <= 40 for line in lines if "/" not in line)


def test_an_empty_directory_is_named_as_such(tmp_path: Path) -> None:
    """Such as that of AIRCHER_HOME in a job of CI, where nothing was configured."""
    home = tmp_path / "job"
    home.mkdir()
    environ = {"HOME": str(tmp_path), "AIRCHER_HOME": str(home)}
    assert run_cli(environ, "uninstall", "--dry-run").out.splitlines() == [
        "to remove:",
        "  the empty directory ~/job",
    ]
