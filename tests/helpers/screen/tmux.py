"""A shell in a terminal of tmux: a person types commands there, and reads the screen.

It is what a user has: job control, an alternate screen, sizes that change. The server is the test's
own, and ends with it.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from helpers.daemon.real_daemon import wait_until
from helpers.required import missing

PROMPT = "ready> "


class Tmux:
    """A terminal of `columns` x `rows` with bash; a context manager."""

    def __init__(self, environ: Mapping[str, str], *, columns: int = 80, rows: int = 24) -> None:
        found = shutil.which("tmux")
        if found is None:
            missing("tmux", "apt install tmux")
        self._folder = tempfile.mkdtemp(prefix="tmux")
        self._command = [found, "-f", "/dev/null", "-S", f"{self._folder}/s"]
        # The variables of a tmux around the tests would be those of another server.
        kept = {name: value for name, value in environ.items() if not name.startswith("TMUX")}
        # bash would write its history after the end of the test, into a home that is being removed.
        self._environ = {**kept, "SHELL": "/bin/bash", "HISTFILE": ""}
        # A shell between tmux and bash would not pass PS1 on.
        shell = ("env", f"PS1={PROMPT}", "bash", "--norc", "--noprofile")
        self._run("new-session", "-d", "-x", str(columns), "-y", str(rows), *shell)
        self.wait_for(PROMPT.strip())

    # ---------------------------------------------------------- what the user does

    def write(self, text: str) -> None:
        """Type text as it is."""
        self._run("send-keys", "-l", "--", text)

    def press(self, *keys: str) -> None:
        """Press keys, by tmux's names: Enter, C-c, Escape."""
        self._run("send-keys", *keys)

    def enter(self, command: str) -> None:
        """Type a command and Enter."""
        self.write(command)
        self.press("Enter")

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the terminal."""
        self._run("resize-window", "-x", str(columns), "-y", str(rows))

    def close(self) -> None:
        """Close the terminal, as by closing its window."""
        self._run("kill-server")

    # ---------------------------------------------------------- what the user sees

    @property
    def text(self) -> str:
        """The screen, without spaces at the ends of lines."""
        return self._run("capture-pane", "-p").rstrip("\n")

    @property
    def has_alternate_screen(self) -> bool:
        """Whether a program uses the whole screen."""
        return self._run("display-message", "-p", "#{alternate_on}").strip() == "1"

    def wait_for(self, *words: str) -> str:
        """Wait until all `words` are on the screen; return its text."""
        return self._wait(lambda text: all(word in text for word in words), f"{words} are shown")

    def wait_without(self, word: str) -> str:
        """Wait until `word` is not on the screen; return its text."""
        return self._wait(lambda text: word not in text, f"{word!r} is gone")

    def output_of(self, command: str) -> str:
        """Run a command that prints one line; return it."""
        self.press("C-l")
        self.enter(f"printf '<%s>\\n' \"$({command})\"")
        text = self._wait(lambda text: text.count("<") > 1 and ">\n" in text, f"{command} ended")
        return text.split("\n<")[-1].split(">\n")[0]

    def _wait(self, is_so: Callable[[str], bool], what: str) -> str:
        seen = [""]

        def check() -> bool:
            seen[0] = self.text
            return is_so(seen[0])

        try:
            wait_until(check, what)
        except AssertionError as error:
            message = f"{error}:\n{seen[0]}"
            raise AssertionError(message) from None
        return seen[0]

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [*self._command, *arguments],
            env=self._environ,
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
        return done.stdout

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if os.path.exists(self._command[-1]):  # noqa: PTH110 -- a socket
            subprocess.run([*self._command, "kill-server"], capture_output=True, check=False)
        shutil.rmtree(self._folder, ignore_errors=True)
