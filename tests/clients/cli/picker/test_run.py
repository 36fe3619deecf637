"""How the picker is opened: where it is drawn, and how it ends."""

import subprocess
import sys

import pytest

from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.picker import run
from aircher_cli.picker.run import Inbox, can_draw, run_picker, way_to_pick
from aircher_cli.picker.screen import app as screen_app
from aircher_cli.picker.view.daemon_view import DaemonView
from helpers.daemon.cli import Stream
from helpers.daemon.cli_daemon import CliDaemon
from helpers.picker.views import a_view


def a_context(*, stdin: bool, out: bool, err: bool, **environ: str) -> Context:
    values = {"TERM": "xterm", "LANG": "C.UTF-8", **environ}
    console = Console(Stream(terminal=out), Stream(terminal=err), values)
    return Context(console, values, Stream(terminal=stdin))


@pytest.mark.parametrize(
    ("stdin", "out", "err", "expected"),
    [
        (True, True, True, "screen"),
        (True, True, False, "screen"),
        (True, False, True, "screen"),
        (True, False, False, "none"),
        (False, True, True, "none"),
    ],
)
def test_a_terminal_to_read_from_and_one_to_draw_on(
    monkeypatch: pytest.MonkeyPatch, stdin: bool, out: bool, err: bool, expected: str
) -> None:
    """The screen needs a keyboard, and standard output or standard error."""
    monkeypatch.setattr(run, "can_draw", lambda _: True)
    assert expected == way_to_pick(a_context(stdin=stdin, out=out, err=err))


@pytest.mark.parametrize(
    "environ",
    [
        {"TERM": "dumb"},
        {"TERM": ""},
        {"TERM": "unknown"},
        {"LC_ALL": "C"},
        {"LC_ALL": "POSIX"},
        {"LC_CTYPE": "C"},
        {"LANG": "C"},
    ],
    ids=str,
)
def test_terminal_that_cannot_draw_gets_the_numbered_list(environ: dict[str, str]) -> None:
    """A dumb terminal and an ASCII locale get the plain list by themselves."""
    assert way_to_pick(a_context(stdin=True, out=True, err=True, **environ)) == "plain"


@pytest.mark.parametrize(
    ("environ", "encoding", "expected"),
    [
        ({"TERM": "xterm", "LANG": "en_US.UTF-8"}, "utf-8", True),
        ({"TERM": "xterm"}, "utf-8", True),
        ({"TERM": "xterm", "LC_ALL": "", "LANG": "C.UTF-8"}, "utf-8", True),
        ({"TERM": "xterm", "LC_ALL": "en_US.UTF-8", "LANG": "C"}, "utf-8", True),
        ({"TERM": "xterm", "LANG": "de_DE.ISO-8859-1"}, "iso-8859-1", False),
        ({"TERM": "xterm", "LANG": "weird"}, "no-such-encoding", False),
    ],
)
def test_symbols_must_fit_the_encoding(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], encoding: str, expected: bool
) -> None:
    """The terminal's encoding must have our symbols."""

    class Screen:
        def __init__(self) -> None:
            self.encoding = encoding

        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "__stdout__", Screen())
    assert expected is can_draw(environ)


def test_inbox_keeps_the_latest_view_until_there_is_a_screen() -> None:
    """Views from before the screen are not lost; only the latest counts."""
    inbox, seen = Inbox(), list[DaemonView]()
    first, second, third = a_view(), a_view(["work/a"]), a_view(["work/b"])
    inbox.put(first)
    inbox.put(second)
    inbox.forward(seen.append)
    inbox.put(third)
    assert [second, third] == seen


@pytest.mark.parametrize(("code", "error"), [(130, KeyboardInterrupt), (143, SystemExit)])
def test_signals_become_exceptions(
    monkeypatch: pytest.MonkeyPatch, daemon: CliDaemon, code: int, error: type[BaseException]
) -> None:
    """Ctrl-C and signals end the command with the exit code of shells."""
    monkeypatch.setattr(screen_app, "run_app", lambda app: (None, code))
    with pytest.raises(error):
        run_picker(a_daemon_context(daemon), chooses_default=True)


@pytest.mark.parametrize("name", ["work/a", None])
def test_run_picker_returns_the_name(
    monkeypatch: pytest.MonkeyPatch, daemon: CliDaemon, name: str | None
) -> None:
    """The name of the chosen model is returned, None without a choice."""
    choice = run.Choice(name) if name else None
    monkeypatch.setattr(screen_app, "run_app", lambda app: (choice, 0))
    assert name == run_picker(a_daemon_context(daemon), chooses_default=False, title="a chat")


def a_daemon_context(daemon: CliDaemon) -> Context:
    environ = daemon.environ
    return Context(Console(Stream(), Stream(), environ), environ, Stream())


COMMANDS_WITHOUT_THE_PICKER = [
    ["models", "--help"],
    ["models", "pick", "--help"],
    ["models", "list", "--help"],
    ["models"],
    ["status"],
    ["--version"],
]


@pytest.mark.parametrize("words", COMMANDS_WITHOUT_THE_PICKER, ids=" ".join)
def test_other_commands_do_not_import_textual(daemon: CliDaemon, words: list[str]) -> None:
    """Textual takes longer to import than all of another command takes: only the picker has it."""
    program = (
        "import sys; from aircher_cli.__main__ import main; main(sys.argv[1:]); "
        "bad = {'textual', 'rich', 'asyncio', 'aircher_cli.picker.run'} & set(sys.modules); "
        "sys.exit(f'imported: {bad}' if bad else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        env=daemon.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr if "imported" in done.stderr else "") == (0, "")
