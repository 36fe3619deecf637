"""`aircher-cli config edit`."""

import hashlib
import json
import os
import stat
from pathlib import Path

import pytest

from aircher_cli.__main__ import run
from aircher_cli.commands.config.edit import TEMPLATE
from aircher_cli.commands.config.schema import SCHEMA_FILE
from aircher_cli.console import Console
from aircher_cli.context import Context
from helpers.daemon.cli import Outcome, Stream
from helpers.daemon.cli_daemon import CliDaemon, Map, Refusal, Session, refuses

SCHEMA = '{"type": "object"}\n'


class Desk:
    """A configuration file, its daemon, and an editor that is a list of shell commands.

    Each run of the editor takes the next command, in which `$1` is the file.
    """

    def __init__(self, daemon: CliDaemon, folder: Path) -> None:
        self.daemon = daemon
        self.folder = folder
        self.file = folder / "config.toml"
        self.copies = folder / "copies"
        self.copies.mkdir()
        self.problems: list[list[Map]] = []
        self.conflicts: list[str] = []
        daemon.answers |= {
            "config.show": {"file": str(self.file), "exists": True, "rows": []},
            "config.schema": {"schema": SCHEMA},
            "config.check": self._check,
            "config.write": self._write,
        }

    def _check(self, session: Session, msgid: int, params: Map) -> object:
        found = self.problems.pop(0) if self.problems else []
        return {"ok": not found, "problems": found}

    def _write(self, session: Session, msgid: int, params: Map) -> object:
        if self.conflicts:
            self.file.write_text(self.conflicts.pop(0))
            raise Refusal("bad_request", "was changed", reason="changed")
        self.file.write_text(str(params["text"]))
        changes = [{"path": "a", "before": 1, "after": 2}]
        return {"file": str(self.file), "changed": True, "changes": changes}

    def edit(
        self, *commands: str, typed: str = "", terminal: bool = True, words: tuple[str, ...] = ()
    ) -> Outcome:
        """Run `config edit` with these commands as the editor."""
        for number, command in enumerate(commands):
            (self.folder / f"step{number}").write_text(command)
        script = self.folder / "editor"
        script.write_text(
            f"cd {self.folder}\nfor step in step?; do\n"
            'code=$(cat "$step"); rm "$step"; sh -e -c "$code" sh "$1"; exit $?\ndone\nexit 9\n'
        )
        environ = {
            **self.daemon.environ,
            "VISUAL": f"sh {script}",
            "TMPDIR": str(self.copies),
            "COLUMNS": "200",
            "NO_COLOR": "1",
        }
        out, err = Stream(terminal=terminal), Stream(terminal=terminal)
        keyboard = Stream(typed.encode(), terminal=terminal)
        code = run(
            Context(Console(out, err, environ), environ, keyboard), ["config", "edit", *words]
        )
        return Outcome(code, out.text, err.text)

    def kept(self) -> list[str]:
        """Return the texts of the copies that were not removed."""
        return [path.read_text() for path in self.copies.rglob("config.toml")]


@pytest.fixture
def desk(daemon: CliDaemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = Desk(daemon, tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(made.copies))
    return made


def problem(line: int = 2) -> Map:
    return {"file": "/f", "line": line, "path": "a", "message": "is unknown"}


def test_an_edited_file_is_checked_and_saved(desk: Desk) -> None:
    """With the file that it is based on; the copy is removed."""
    desk.file.write_text("a = 1\n")
    outcome = desk.edit("sed -i s/1/2/ $1")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == f"✓ saved {desk.file}\n~ a  1 → 2\n"
    assert desk.daemon.params_of("config.check") == {"text": "a = 2\n", "file": str(desk.file)}
    base = hashlib.sha256(b"a = 1\n").hexdigest()
    assert desk.daemon.params_of("config.write") == {"text": "a = 2\n", "base": base}
    assert list(desk.copies.iterdir()) == []


def test_the_copy_is_private_and_has_the_schema_beside_it(desk: Desk) -> None:
    """Its name tells editors what it is."""
    desk.file.write_text("a = 1\n")
    log = desk.folder / "log"
    desk.edit(f"stat -c %a,%n $1 $(dirname $1) > {log}; cat $(dirname $1)/{SCHEMA_FILE} >> {log}")
    copy, folder, schema = log.read_text().splitlines()
    assert copy.startswith("600,")
    assert copy.endswith("/config.toml")
    assert folder.startswith("700,")
    assert f"{schema}\n" == SCHEMA


def test_an_unchanged_file_is_not_written(desk: Desk) -> None:
    """Even if it is saved."""
    desk.file.write_text("a = 1\n")
    outcome = desk.edit("touch $1")
    assert (outcome.code, outcome.out) == (0, f"{desk.file} is unchanged\n")
    assert "config.write" not in desk.daemon.methods
    assert json.loads(desk.edit("true", words=("--json",)).out)["changed"] is False


def test_a_new_file_starts_with_a_template(desk: Desk) -> None:
    """Its schema is put beside it; nothing is written if the template stays as it is."""
    outcome = desk.edit("true")
    assert outcome.out == f"unchanged: {desk.file} was not created\n"
    outcome = desk.edit("echo >> $1")
    assert (outcome.code, desk.file.read_text()) == (0, f"{TEMPLATE}\n")
    assert desk.daemon.params_of("config.write")["base"] == ""
    assert (desk.folder / SCHEMA_FILE).read_text() == SCHEMA


def test_problems_are_listed_and_the_user_goes_on_editing(desk: Desk) -> None:
    """Until the text is valid."""
    desk.file.write_text("a = 1\n")
    desk.problems = [[problem()], [problem(5)]]
    outcome = desk.edit("echo 2 > $1", "echo 3 >> $1", "echo 4 >> $1", typed="x\ne\n\n")
    assert outcome.code == 0
    assert "config.toml:2: a: is unknown\n1 problem; nothing is saved yet\n" in outcome.err
    assert outcome.err.count("(e) go on editing, (d) discard your text? [e]") == 3
    assert desk.file.read_text() == "2\n3\n4\n"


def test_line_ends_and_a_byte_order_mark_stay(desk: Desk) -> None:
    """The file was written on another system."""
    desk.file.write_bytes(b"\xef\xbb\xbfa = 1\r\nb = 1\r\n")
    desk.edit("sed -i s/b/c/ $1")
    assert desk.daemon.params_of("config.write")["text"] == "\ufeffa = 1\r\nc = 1\r\n"


def test_a_text_that_is_not_utf8_can_be_edited_again(desk: Desk) -> None:
    """Its line is named."""
    desk.file.write_text("a = 1\n")
    outcome = desk.edit("printf 'b\\n\\377' > $1", "echo 2 > $1", typed="e\n")
    assert outcome.code == 0, outcome.err
    assert "config.toml:2: TOML must be UTF-8" in outcome.err


def test_the_text_can_be_discarded(desk: Desk) -> None:
    """The file stays, and the copy goes."""
    desk.file.write_text("a = 1\n")
    desk.problems = [[problem()]]
    outcome = desk.edit("echo 2 > $1", typed="d\n")
    assert (outcome.code, desk.file.read_text(), desk.kept()) == (1, "a = 1\n", [])
    assert outcome.err.endswith("nothing was changed\n")


@pytest.mark.parametrize("terminal", [True, False])
def test_without_an_answer_the_text_is_kept(desk: Desk, terminal: bool) -> None:
    """Nothing is lost, and the message says where it is."""
    desk.file.write_text("a = 1\n")
    desk.problems = [[problem()]]
    outcome = desk.edit("echo 2 > $1", typed="", terminal=terminal)
    assert (outcome.code, desk.file.read_text(), desk.kept()) == (1, "a = 1\n", ["2\n"])
    copy = next(desk.copies.rglob("config.toml"))
    assert f"your text is kept in {copy}\n" in outcome.err
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_a_file_that_changed_meanwhile_is_not_overwritten(desk: Desk) -> None:
    """What the other program changed is shown; the next save replaces that version."""
    desk.file.write_text("a = 1\nb = 1\n")
    desk.conflicts = ["a = 1\nb = 7\n"]
    outcome = desk.edit("sed -i s/a.*/a=2/ $1", "sed -i s/b.*/b=7/ $1", typed="e\n")
    assert outcome.code == 0
    assert "was changed by another program meanwhile" in outcome.err
    assert "  -b = 1\n  +b = 7\n" in outcome.err
    assert desk.file.read_text() == "a=2\nb=7\n"
    base = hashlib.sha256(b"a = 1\nb = 7\n").hexdigest()
    assert desk.daemon.params_of("config.write")["base"] == base


def test_a_key_in_what_another_program_wrote_is_not_shown(desk: Desk) -> None:
    """The daemon refuses such a file, and the difference must not repeat the key."""
    desk.file.write_text("a = 1\n")
    desk.conflicts = ['a = 1\nkey = "sk-canary-0123456789abcdefghij"\n']
    outcome = desk.edit("echo 2 > $1", terminal=False)
    assert '+key = "(hidden)"' in outcome.err
    assert "canary" not in outcome.out + outcome.err


def test_a_conflict_without_a_terminal_keeps_the_text(desk: Desk) -> None:
    """The other version stays."""
    desk.file.write_text("a = 1\n")
    desk.conflicts = ["a = 7\n"]
    outcome = desk.edit("echo 2 > $1", terminal=False)
    assert (outcome.code, desk.file.read_text(), desk.kept()) == (1, "a = 7\n", ["2\n"])


def test_a_file_that_cannot_be_written_keeps_the_text(desk: Desk) -> None:
    """The daemon's reason is printed."""
    desk.file.write_text("a = 1\n")
    desk.daemon.answers["config.write"] = refuses("internal", "cannot be written: Read-only")
    outcome = desk.edit("echo 2 > $1")
    assert (outcome.code, desk.kept()) == (1, ["2\n"])
    assert "your text is kept in" in outcome.err
    assert "aircher-cli: cannot be written: Read-only" in outcome.err


def test_a_daemon_that_ends_meanwhile_keeps_the_text(desk: Desk) -> None:
    """Editing may take hours."""
    desk.file.write_text("a = 1\n")
    path = desk.daemon.path
    outcome = desk.edit(f"echo 2 > $1; rm {path}")
    assert (outcome.code, desk.kept()) == (3, ["2\n"])


@pytest.mark.parametrize(("script", "kept"), [("exit 3", []), ("echo 2 > $1; exit 3", ["2\n"])])
def test_a_failed_editor_changes_nothing(desk: Desk, script: str, kept: list[str]) -> None:
    """A text that it changed is kept."""
    desk.file.write_text("a = 1\n")
    outcome = desk.edit(script)
    assert (outcome.code, desk.file.read_text(), desk.kept()) == (1, "a = 1\n", kept)
    assert "sh failed with exit code 3" in outcome.err
    assert ("your text is kept in" in outcome.err) is bool(kept)


@pytest.mark.parametrize("emptied", [": > $1", "printf '\\n \\n' > $1"])
def test_an_emptied_copy_removes_no_settings(desk: Desk, emptied: str) -> None:
    """An editor that fails leaves one, such as on a full disk."""
    desk.file.write_text("a = 1\n")
    outcome = desk.edit(emptied, "echo 2 > $1", typed="e\n")
    assert (outcome.code, desk.file.read_text()) == (0, "2\n")
    assert "config.toml is empty; nothing is saved yet" in outcome.err
    outcome = desk.edit(emptied, terminal=False)
    assert (outcome.code, desk.file.read_text()) == (1, "2\n")


@pytest.mark.parametrize("removed", ["rm $1", "rm $1; mkdir $1", "rm $1; mkfifo $1"])
def test_a_copy_that_the_editor_removed_changes_nothing(desk: Desk, removed: str) -> None:
    """There is no text to save."""
    desk.file.write_text("a = 1\n")
    outcome = desk.edit(removed)
    assert (outcome.code, desk.file.read_text()) == (0, "a = 1\n")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda file: file.mkdir(), "it is not a regular file"),
        (os.mkfifo, "it is not a regular file"),
        (lambda file: file.symlink_to("gone"), "it is not a regular file"),
        (lambda file: file.write_bytes(b"a\n\xff"), ":2: TOML must be UTF-8"),
    ],
)
def test_a_file_that_cannot_be_edited(desk: Desk, make: object, message: str) -> None:
    """The editor is not started."""
    assert callable(make)
    make(desk.file)
    outcome = desk.edit("true")
    assert outcome.code == 1
    assert message in outcome.err
    assert (desk.folder / "step0").exists()


def test_a_missing_editor_is_reported_before_anything_else(desk: Desk) -> None:
    """The daemon is not called."""
    environ = {**desk.daemon.environ, "VISUAL": "gone"}
    out, err = Stream(), Stream()
    code = run(Context(Console(out, err, environ), environ, None), ["config", "edit"])
    assert (code, desk.daemon.calls) == (1, [])
    assert 'the editor "gone" in VISUAL is not installed' in err.text
