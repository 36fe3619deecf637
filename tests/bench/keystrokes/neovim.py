"""Measures how long a key waits in Neovim while an answer of 5,000 events a second arrives.

    .venv/bin/python tests/bench/keystrokes/neovim.py [--seconds S] [--neovim NAME] [--only CASE]

A real Neovim in a terminal (`nvim --clean`, with syntax and file types), a real daemon, and the
simulator. A chat is shown in one window. Keys are typed in Insert mode: in another window
(`beside`), or in the question of the chat itself (`chat`); or the answer is one line without an end
(`one line`). A key's wait is the time from its byte written to the terminal until Neovim has
printed the character. The plain run types the same without an answer.

Each wait is printed twice: as it was, and as the CPU that Neovim used in it. The rest of the first
is what other processes did meanwhile, so on a busy machine only the second says something.
"""

import argparse
import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[1]))

from keystrokes.provider import WORDS, set_answer, simulator
from processes import CPU_OF_PROCESS

from helpers.daemon.real_daemon import Home, home
from helpers.editors.neovim import CLIENT, NEOVIMS, find_neovim

BETWEEN_KEYS = 0.045
KEYS = "jvwz"
"""Letters that are neither in the answer nor in a control sequence that Neovim sends."""
DEADLINE = 20.0
KEY = "canary-work-0123456789abcdef"
CASES = {"beside": 12, "chat": 12, "one line": WORDS}
"""The words of a line of the answer."""

CONFIG = """\
default_model = "work/gpt-5.5"

[providers.work]
kind = "openai"
base_url = "{url}/v1"
"""
COUNT = ":call writefile([wordcount().chars, line('$')], 'FILE')"


class Terminal:
    """Neovim in a terminal of its own."""

    def __init__(self, which: str, made: Home) -> None:
        environ = {**made.environ, "TERM": "xterm-256color"}
        client = ("--cmd", f"set rtp^={CLIENT}", "--cmd", "runtime plugin/aircher.lua")
        command = [find_neovim(which), "--clean", "-n", *client]
        self.pid, self._main = pty.fork()
        if self.pid == 0:
            os.chdir(made.root)
            os.execvpe(command[0], command, environ)  # noqa: S606 -- a Neovim that was looked for
        fcntl.ioctl(self._main, termios.TIOCSWINSZ, struct.pack("4H", 48, 160, 0, 0))
        self.drain(1.0)
        # From 0.9 on the editor is a child of the process that draws.
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        self._pids = [self.pid, *map(int, children)]

    def send(self, keys: str) -> None:
        """Type."""
        os.write(self._main, keys.encode())

    def read(self, seconds: float) -> bytes:
        """Return what Neovim prints within a time, or less."""
        if not select.select([self._main], [], [], seconds)[0]:
            return b""
        return os.read(self._main, 65536)

    def drain(self, seconds: float) -> None:
        """Read for a time."""
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            self.read(left)

    def cpu(self) -> float:
        """Return the seconds of CPU that Neovim has used."""
        return sum(time.clock_gettime((~pid << 3) | CPU_OF_PROCESS) for pid in self._pids)

    def key(self, letter: str) -> tuple[float, float]:
        """Type a letter; return the seconds until it is printed, and the CPU used until then."""
        sent, cpu = time.perf_counter(), self.cpu()
        self.send(letter)
        while letter.encode() not in self.read(DEADLINE):
            if time.perf_counter() - sent > DEADLINE:
                raise SystemExit(f"{letter!r} was never printed")
        return time.perf_counter() - sent, self.cpu() - cpu

    def end(self) -> None:
        """Leave Neovim."""
        self.send("\x1b:qall!\r")
        with suppress(OSError):  # the terminal is closed
            while True:
                self.read(DEADLINE)
        os.waitpid(self.pid, 0)
        os.close(self._main)


def measure(which: str, made: Home, case: str, seconds: float, *, plain: bool) -> dict[str, float]:
    """Type for some seconds; return the waits in milliseconds, and how much arrived meanwhile."""
    terminal = Terminal(which, made)
    counted = made.root / "counted"
    terminal.send(":AircherChat\r" if plain else ":AircherChat a question\r")
    terminal.drain(1.5)
    terminal.send("gg3Gi" if case == "chat" else "\x17p\x1bi")
    terminal.drain(0.3)
    waits, cpus, began = [], [], time.perf_counter()
    while time.perf_counter() < began + seconds:
        wait, cpu = terminal.key(KEYS[len(waits) % len(KEYS)])
        waits.append(1000 * wait)
        cpus.append(1000 * cpu)
        terminal.drain(BETWEEN_KEYS)
        if len(waits) % 50 == 0:
            terminal.send("\x1bcc")  # a line that is wrapped has other costs
            terminal.drain(BETWEEN_KEYS)
    terminal.send("\x1b" if case == "chat" else "\x1b\x17p")
    terminal.send(COUNT.replace("FILE", str(counted)) + "\r")
    terminal.drain(0.5)
    terminal.end()
    characters, lines = map(int, counted.read_text().split())
    return {**summary("", waits), **summary("cpu ", cpus), "characters": characters, "lines": lines}


def summary(what: str, times: list[float]) -> dict[str, float]:
    """Return the figures of a row."""
    ordered = sorted(times)
    return {
        f"{what}median": ordered[len(ordered) // 2],
        f"{what}p99": ordered[int(len(ordered) * 0.99)],
        f"{what}longest": ordered[-1],
        f"{what}over 16": sum(each > 16 for each in ordered),
    }


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--neovim", choices=NEOVIMS)
    parser.add_argument("--only", choices=CASES)
    arguments = parser.parse_args()
    with simulator() as url, home() as made:
        made.write_config(CONFIG.format(url=url))
        made.start(log_level="warning")
        made.login("work", KEY)
        for case, words_per_line in CASES.items():
            if arguments.only not in (None, case):
                continue
            set_answer(url, words_per_line)
            for which in [arguments.neovim] if arguments.neovim else NEOVIMS:
                for plain in (True, False):
                    found = measure(which, made, case, arguments.seconds, plain=plain)
                    print(
                        f"{case:8} {which:7} {'plain' if plain else 'answer':7}",
                        *(f"{name} {figure:.1f}," for name, figure in found.items()),
                        flush=True,
                    )


if __name__ == "__main__":
    main()
