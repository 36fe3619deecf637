"""The picker in tmux, from a shell: what a user sees, and that the terminal stays as it was."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from helpers.daemon.real_daemon import wait_until
from helpers.required import missing

KEY = "canary-work-0123456789abcdef"


class Tmux:
    """A tmux server of its own with one window, in which a shell runs."""

    def __init__(self, home, columns: int, rows: int) -> None:
        self._program = shutil.which("tmux") or missing("tmux", "install the package tmux")
        bash = shutil.which("bash") or missing("bash", "install the package bash")
        self._socket = str(home.root / "tmux.sock")
        self._environ = {**home.environ, "TERM": "xterm-256color", "HISTFILE": ""}
        self._run(
            "-f/dev/null", "new-session", "-d", f"-x{columns}", f"-y{rows}",
            f"env PS1='READY ' {bash} --norc --noprofile -i",
        )  # fmt: skip

    def _run(self, *words: str) -> str:
        done = subprocess.run(
            [self._program, "-S", self._socket, *words],
            env=self._environ,
            capture_output=True,
            text=True,
            check=True,
            timeout=20,
        )
        return done.stdout

    def type(self, text: str) -> None:
        """Type characters."""
        self._run("send-keys", "-l", text)

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names."""
        self._run("send-keys", *keys)

    def paste(self, text: str) -> None:
        """Paste, as with the mouse: bracketed if the program wants that."""
        self._run("set-buffer", text)
        self._run("paste-buffer", "-p", "-d")

    @property
    def text(self) -> str:
        """The screen."""
        return self._run("capture-pane", "-p")

    def modes(self) -> str:
        """Return whether alternate screen, mouse and keypad modes are on, and the cursor."""
        names = ("alternate_on", "mouse_any_flag", "mouse_sgr_flag", "keypad_flag", "cursor_flag")
        return self._run(
            "display-message", "-p", " ".join(f"#{{{name}}}" for name in names)
        ).strip()

    def wait_for(self, *words: str) -> None:
        """Wait until all words are on the screen."""
        shown = [""]

        def is_so() -> bool:
            shown[0] = self.text
            return all(word in shown[0] for word in words)

        try:
            wait_until(is_so, f"{words} appear")
        except AssertionError as error:
            message = f"{error}:\n{shown[0]}"
            raise AssertionError(message) from None

    def close(self) -> None:
        self._run("kill-server")


@contextmanager
def open_tmux(home, columns: int = 80, rows: int = 24) -> Iterator[Tmux]:
    tmux = Tmux(home, columns, rows)
    try:
        yield tmux
    finally:
        tmux.close()


FOUND = "0 0 0 0 1"
"""The modes of a shell: no alternate screen, no mouse, a visible cursor."""


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (40, 15)])
def test_start_type_pick_and_quit(daemon, columns: int, rows: int) -> None:
    """From the shell to a chosen model and back; the terminal is as it was found."""
    daemon.login("work", KEY)
    with open_tmux(daemon, columns, rows) as tmux:
        tmux.wait_for("READY")
        modes = tmux.modes()
        tmux.type("stty -a > ~/before; ")
        tmux.type(f"{sys.executable} -m aircher_cli models; echo code=$?; stty -a > ~/after\n")
        tmux.wait_for("work  ✓ ready", "Enter choose")
        assert tmux.modes().startswith("1 1")
        tmux.type("5.5-mini")
        tmux.wait_for("> ✓   work/gpt-5.5-mini")
        tmux.press(*["BSpace"] * 8)
        tmux.wait_for("type to filter")
        tmux.type("work/gpt-5.5")
        tmux.press("C-n", "C-p", "Enter")
        tmux.wait_for("is now the default", "code=0", "READY")
        assert tmux.modes() == modes == FOUND
    assert_same_settings(daemon.root)
    assert 'default_model = "work/gpt-5.5"' in daemon.config_file.read_text()


def test_sign_in_with_hidden_input(daemon) -> None:
    """A key is pasted without being shown, checked, and used for the list."""
    with open_tmux(daemon) as tmux:
        tmux.wait_for("READY")
        tmux.type("stty -a > ~/before; ")
        tmux.type(f"{sys.executable} -m aircher_cli models; echo code=$?; stty -a > ~/after\n")
        tmux.wait_for("No provider is signed in yet")
        tmux.press("End", "Enter")
        tmux.wait_for("type to filter")
        tmux.type("work")
        tmux.wait_for("> ○   work")
        tmux.press("C-l")
        tmux.wait_for("Sign in to work")
        tmux.paste(KEY)
        tmux.press("Enter")
        tmux.wait_for("Signed in to work")
        assert KEY not in tmux.text
        tmux.press("Enter")
        tmux.wait_for("✓   work/gpt-5.5")
        tmux.press("Escape")
        tmux.wait_for("type to filter")
        tmux.press("Escape")
        tmux.wait_for("code=0")
        assert tmux.modes() == FOUND
        assert KEY not in tmux.text
    assert_same_settings(daemon.root)


@pytest.mark.parametrize(
    ("key", "word"), [("C-c", "code=130"), ("C-z", "Stopped")], ids=["Ctrl-C", "Ctrl-Z"]
)
def test_leaving_in_the_middle(daemon, key: str, word: str) -> None:
    """Ctrl-C and Ctrl-Z give the shell its terminal back."""
    daemon.login("work", KEY)
    with open_tmux(daemon) as tmux:
        tmux.wait_for("READY")
        tmux.type(f"stty -a > ~/before; {sys.executable} -m aircher_cli models; echo code=$?\n")
        tmux.wait_for("work  ✓ ready")
        tmux.press(key)
        tmux.wait_for(word)
        assert tmux.modes() == FOUND
        tmux.type("stty -a > ~/after; echo written\n")
        tmux.wait_for("written\nREADY")
        if key == "C-z":
            tmux.type("clear; fg\n")
            tmux.wait_for("work  ✓ ready", "Enter choose")
            tmux.press("C-c")
            tmux.wait_for("READY")
            wait_until(lambda: tmux.modes() == FOUND, "the terminal is the shell's")
    assert_same_settings(daemon.root)


def assert_same_settings(home: Path) -> None:
    assert (home / "before").read_text() == (home / "after").read_text()
