"""The terminal is as it was, however the picker ends. Each test runs it in a pseudo-terminal."""

import io
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aircher_cli.picker.screen.terminal import (
    CHANGED_SIGNALS,
    CLEAR,
    RESTORE,
    _Patient,
    kept_terminal,
)
from helpers.daemon.real_daemon import wait_until
from helpers.required import missing
from helpers.screen.picker_program import SECRET
from helpers.screen.terminal import Terminal

PROGRAM = [sys.executable, "-m", "helpers.screen.picker_program"]
TESTS = str(Path(__file__).parents[4])


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PYTHONPATH": TESTS,
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "AIRCHER_AUTOSTART": "0",
    }


@pytest.fixture
def picker(environ: dict[str, str]) -> Iterator[Terminal]:
    with Terminal([*PROGRAM, "models"], environ) as terminal:
        terminal.wait_for("> ✓ ● alpha")
        yield terminal


def assert_restored(terminal: Terminal) -> None:
    """Check settings and modes, and that the screen of before is shown again."""
    wait_until(lambda: terminal.modes() == set(), f"the modes are off: {terminal.modes()}")
    assert terminal.settings_before == terminal.settings()
    assert "alpha" not in terminal.text.replace("work/alpha is", "")


@pytest.mark.parametrize(
    ("typed", "code"), [(b"\x1b", 0), (b"\x03", 130), (b"\r", 0)], ids=["Esc", "Ctrl-C", "Enter"]
)
def test_keys_that_leave_restore_the_terminal(picker: Terminal, typed: bytes, code: int) -> None:
    """After Esc, Ctrl-C and Enter the terminal is as it was."""
    assert {1049, 2004, 1000, 25} <= picker.modes()  # or the test would look at nothing
    picker.send(typed)
    assert code == picker.wait()
    assert_restored(picker)


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130), (signal.SIGQUIT, 131)],
)
@pytest.mark.parametrize("typed", [b"", b"\x0c", b"\x07"], ids=["list", "dialog", "help"])
def test_signals_restore_the_terminal(
    picker: Terminal, typed: bytes, number: int, code: int
) -> None:
    """After a signal the terminal is as it was, and the exit code is that of shells."""
    picker.send(typed)
    picker.wait_for({b"": "alpha", b"\x0c": "Sign in to work", b"\x07": "fetch the lists"}[typed])
    picker.process.send_signal(number)
    assert code == picker.wait()
    assert_restored(picker)


def test_closed_terminal_ends_the_picker(picker: Terminal) -> None:
    """When the window is closed, the picker ends, though nothing can be written any more."""
    picker.hang_up()
    assert picker.wait() == 129


@pytest.mark.parametrize("where", ["screen", "thread"])
def test_crash_restores_the_terminal_without_a_traceback(
    environ: dict[str, str], where: str
) -> None:
    """An error inside is one plain line and exit code 1; no traceback, no variable is shown."""
    with Terminal([*PROGRAM, "models"], {**environ, "PICKER_CRASH": where}) as terminal:
        terminal.wait_for("alpha")
        terminal.send(b"\x0f")  # Ctrl-O
        assert terminal.wait() == 1
        found = terminal.wait_for("aircher-cli: internal error: ValueError")
        assert_restored(terminal)
    assert SECRET.encode() not in terminal.raw
    assert "Traceback" not in found


def test_suspending_restores_the_terminal_and_fg_draws_at_once(environ: dict[str, str]) -> None:
    """After Ctrl-Z the shell has its terminal; after fg the whole screen is there without a key."""
    bash = shutil.which("bash")
    if bash is None:
        missing("bash", "install it")
    with Terminal([bash, "--norc", "-i"], {**environ, "PS1": "READY "}) as shell:
        shell.wait_for("READY")
        shell.send("stty -a > ~/before; " + " ".join([*PROGRAM, "models"]) + "\r")
        shell.wait_for("> ✓ ● alpha")
        shell.send(b"\x1a")
        shell.wait_for("Stopped")
        # The shell itself switches bracketed paste on.
        assert shell.modes() <= {2004}
        shell.send("clear; stty -a > ~/stopped; echo suspended\r")
        shell.wait_for("suspended\n")
        shell.send("fg\r")
        shell.wait_for("> ✓ ● alpha", "beta", "Enter choose")
        shell.send("be")
        shell.wait_for("work/beta")
        shell.send(b"\x03")
        shell.wait_without("Matches")
        shell.send("code=$?; clear; stty -a > ~/after; echo code $code\r")
        shell.wait_for("code 130\n")
        assert shell.modes() <= {2004}
        home = Path(environ["HOME"])
        found = [(home / name).read_text() for name in ("before", "stopped", "after")]
    assert found[0] == found[1] == found[2]


def test_suspended_picker_ends_on_a_signal_and_can_go_to_the_background(
    environ: dict[str, str],
) -> None:
    """`bg` stops it again and `fg` shows it; `kill` ends it though the shell has the terminal."""
    bash = shutil.which("bash")
    if bash is None:
        missing("bash", "install it")
    with Terminal([bash, "--norc", "-i"], {**environ, "PS1": "READY "}) as shell:
        shell.wait_for("READY")
        shell.send(" ".join([*PROGRAM, "models"]) + "\r")
        shell.wait_for("> ✓ ● alpha")
        shell.send(b"\x1a")
        shell.wait_for("Stopped")
        shell.send("clear; bg; sleep 0.3; echo in the background\r")
        shell.wait_for("in the background\n")
        shell.send("fg\r")
        shell.wait_for("> ✓ ● alpha", "Enter choose")
        shell.send("be")
        shell.wait_for("work/beta")
        shell.send(b"\x1a")
        shell.wait_for("Stopped")
        shell.send("clear; kill %1; while kill -0 %1 2>/dev/null; do sleep 0.1; done; echo ended\r")
        shell.wait_for("\nended\n")
        assert shell.modes() <= {2004}


def test_stray_continue_signal_changes_nothing(picker: Terminal) -> None:
    """SIGCONT without a suspension, as process managers send it, does not start a second reader."""
    picker.process.send_signal(signal.SIGCONT)
    picker.send("beta")
    picker.wait_for("> ✓   work/beta")
    picker.send(b"\x03")
    assert picker.wait() == 130
    assert_restored(picker)


def test_resizing_follows_the_terminal(picker: Terminal) -> None:
    """The picker draws at each new size, down to one cell."""
    for columns, rows in ((20, 5), (1, 1), (200, 60), (40, 15)):
        picker.resize(columns, rows)
    picker.wait_for("Enter choose  Esc leave  ^G help")
    picker.send(b"\x1b")
    assert picker.wait() == 0
    assert_restored(picker)


def test_resizing_back_at_once_draws_again(picker: Terminal) -> None:
    """A terminal that was smaller for a moment has lost lines, though its size is as before."""
    for _ in range(20):
        picker.resize(20, 5)
        picker.resize(80, 24)
        picker.wait_for("alpha", "beta", "Enter choose", "^G help")


def test_signal_during_the_handler_of_another_one_loses_no_size(picker: Terminal) -> None:
    """Many signals at once, as by dragging the window's corner: the last size is drawn."""
    for last in (60, 70, 80, 90):
        for columns in range(20, 60):
            picker.resize(columns, columns // 3)
        picker.resize(last, 20)
        wait_until(lambda end=last: fills(picker, end), f"{last} columns are used")


def fills(terminal: Terminal, columns: int) -> bool:
    """Tell whether the first line, whose end is a space, is as wide as the terminal."""
    first, *_, last = terminal.text.splitlines() or [""]
    return len(first) == columns - 1 and "^G help" in last


def test_mouse_reports_in_pixels_are_switched_off(picker: Terminal) -> None:
    """A terminal that reports its size in the stream gets pixel reports, which end too."""
    picker.send(b"\x1b[?2048;2$y")  # the terminal's answer to Textual's question
    wait_until(lambda: 1016 in picker.modes(), "pixel reports are on")
    picker.send(b"\x03")
    assert picker.wait() == 130
    assert_restored(picker)


def test_mouse_clicks_reach_the_list(picker: Terminal) -> None:
    """A real click selects a row."""
    y = next(n for n, line in enumerate(picker.text.splitlines(), 1) if " beta" in line)
    for letter in (b"M", b"m"):
        picker.send(b"\x1b[<0;10;%d%s" % (y, letter))
    picker.wait_for("> ✓   beta")


def test_mouse_wheel_scrolls_the_list(environ: dict[str, str]) -> None:
    """The wheel moves the list; the selection follows to a visible row."""
    with Terminal([*PROGRAM, "models"], {**environ, "PICKER_MODELS": "100"}) as terminal:
        terminal.wait_for("> ✓ ● alpha")
        for _ in range(10):
            terminal.send(b"\x1b[<65;10;5M")
        terminal.wait_without("alpha")
        for _ in range(20):
            terminal.send(b"\x1b[<64;10;5M")
        terminal.wait_for("● alpha")
        terminal.send(b"\x03")
        assert terminal.wait() == 130
        assert_restored(terminal)


def test_settings_for_developers_of_textual_are_not_heeded(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of them writes what is typed into a file, keys included; others end the program."""
    monkeypatch.chdir(tmp_path)
    settings = {"TEXTUAL": "debug", "TEXTUAL_DEBUG": "1", "TEXTUAL_LOG": str(tmp_path / "log")}
    settings |= {"TEXTUAL_COLOR_SYSTEM": "none", "NO_COLOR": ""}
    with Terminal([*PROGRAM, "models"], {**environ, **settings}) as terminal:
        terminal.wait_for("> ✓ ● alpha")
        terminal.send("\x0c")
        terminal.wait_for("Sign in to work")
        terminal.send("sk-canary")
        terminal.wait_for("9 characters")
        terminal.send(b"\x03")
        assert terminal.wait() == 130
        assert b"\x1b[32m" in terminal.raw  # an empty NO_COLOR is none
    written = [path.name for path in tmp_path.rglob("*") if path.is_file()]
    assert [name for name in written if name in {"keys.log", "log"}] == []


def test_gnu_screen_gets_no_mouse_and_an_empty_screen(environ: dict[str, str]) -> None:
    """It keeps Esc back until another key while a program uses the mouse.

    It has no alternate screen by default, so what was drawn would stay around the prompt.
    """
    with Terminal([*PROGRAM, "models"], {**environ, "STY": "1.pts", "TERM": "screen"}) as terminal:
        terminal.wait_for("alpha")
        assert not {1000, 1002, 1003} & terminal.modes()
        assert 2004 in terminal.modes()
        terminal.send(b"\x1b")
        assert terminal.wait() == 0
        assert_restored(terminal)
        drawn, _, _ = terminal.raw.partition(b"\x1b[?1049l")
        _, is_cleared, after = drawn.rpartition(CLEAR.encode())
        assert is_cleared
        assert b"alpha" not in after


def test_redirected_errors_do_not_disturb(environ: dict[str, str]) -> None:
    """With `2>/dev/null` the picker draws on standard output."""
    with Terminal([*PROGRAM, "models"], environ, stderr=subprocess.DEVNULL) as terminal:
        terminal.wait_for("alpha")
        terminal.send(b"\x1b")
        assert terminal.wait() == 0
        assert_restored(terminal)


def test_redirected_output_gets_the_name_only(environ: dict[str, str]) -> None:
    """With `model=$(aircher-cli models pick)` the screen is drawn on standard error."""
    with Terminal([*PROGRAM, "models", "pick"], environ, stdout=subprocess.PIPE) as terminal:
        terminal.wait_for("alpha")
        terminal.send("be\r")
        assert terminal.wait() == 0
        assert terminal.process.stdout is not None
        assert terminal.process.stdout.read() == b"work/beta\n"
        terminal.process.stdout.close()
        assert_restored(terminal)


# ------------------------------------------------------------------ without a terminal


class _Gone(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(5, "input/output error")

    def fileno(self) -> int:
        raise io.UnsupportedOperation


def test_writing_to_a_terminal_that_is_gone_is_no_error() -> None:
    """The thread that writes must not die: the app would wait for it forever."""
    patient = _Patient(_Gone())
    patient.write("a")
    patient.write("b")
    patient.flush()
    assert patient.fileno() == -1
    _Patient(None).write("nothing")


def test_signal_handlers_are_as_before() -> None:
    """Handlers that Textual leaves behind would act on a driver that is gone."""
    before = [signal.getsignal(number) for number in CHANGED_SIGNALS]
    with kept_terminal():
        for number in CHANGED_SIGNALS:
            signal.signal(number, lambda *_: None)
    assert before == [signal.getsignal(number) for number in CHANGED_SIGNALS]


@pytest.mark.parametrize("mode", [1000, 1003, 1004, 1006, 1015, 1016, 1049, 2004, 2048])
def test_every_mode_that_is_switched_on_can_be_switched_off(mode: int) -> None:
    """The last resort switches off all modes of the driver."""
    assert f"\x1b[?{mode}l" in RESTORE
