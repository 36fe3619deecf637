"""Measures how long a key waits in Emacs while an answer of 5,000 events a second arrives.

    .venv/bin/python tests/bench/keystrokes/emacs.py [--seconds S] [--only CASE] [--plain]

A real Emacs in a terminal (`emacs -nw -Q`, the package byte-compiled), a real daemon, and the
simulator. A chat is shown in one window. Keys are typed in another one (`beside`), or above in the
chat itself (`chat`); or the answer is one line without an end (`one line`). A key's wait is the
time from its byte written to the terminal until Emacs has printed the character. The plain run
types the same without an answer. `cpu` is how much of the wait Emacs has computed: the rest is
other processes, so on a busy machine only this figure says something.

Emacs also says how many garbage collections there were meanwhile, and how long they took.
"""

import argparse
import fcntl
import json
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
from helpers.editors.emacs import compiled

HERE = Path(__file__).parent
BETWEEN_KEYS = 0.045
KEYS = "jvwq"
"""Letters that are neither in the answer nor at the end of a control sequence that Emacs sends."""
DEADLINE = 20.0

CASES = {
    "beside": ("other", 12),
    "chat": ("chat", 12),
    "one line": ("other", WORDS),
}
"""Where keys are typed, and the words of a line of the answer."""

CONFIG = """\
default_model = "work/gpt-5.5"

[providers.work]
kind = "openai"
base_url = "{url}/v1"
env = "WORK_KEY"
"""


class Terminal:
    """Emacs in a terminal of its own."""

    def __init__(self, made: Home, script: Path, figures: Path) -> None:
        environ = {**made.environ, "TERM": "xterm-256color", "AIRCHER_FIGURES": str(figures)}
        folder = str(compiled())
        self.pid, self._main = pty.fork()
        if self.pid == 0:
            command = ["emacs", "-nw", "-Q", "-L", folder, "-l", str(script)]
            os.execvpe(command[0], command, environ)  # noqa: S606 -- not through a shell
        fcntl.ioctl(self._main, termios.TIOCSWINSZ, struct.pack("4H", 48, 160, 0, 0))
        self.printed = 0

    def send(self, keys: bytes) -> None:
        """Type."""
        os.write(self._main, keys)

    def read(self, seconds: float) -> bytes:
        """Return what Emacs prints within a time, or less."""
        if not select.select([self._main], [], [], seconds)[0]:
            return b""
        data = os.read(self._main, 65536)
        self.printed += len(data)
        return data

    def drain(self, seconds: float) -> None:
        """Read for a time."""
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            self.read(left)

    def cpu(self) -> float:
        """Return the seconds of CPU that Emacs has used."""
        return time.clock_gettime((~self.pid << 3) | CPU_OF_PROCESS)

    def key(self, letter: str) -> tuple[float, float]:
        """Type a letter; return the seconds until it is printed, and the CPU used until then."""
        sent, cpu = time.perf_counter(), self.cpu()
        self.send(letter.encode())
        while letter.encode() not in self.read(DEADLINE):
            if time.perf_counter() - sent > DEADLINE:
                raise SystemExit(f"{letter!r} was never printed")
        return time.perf_counter() - sent, self.cpu() - cpu

    def end(self) -> None:
        """Have Emacs write its figures and end."""
        self.send(b"\x1d")  # C-]
        with suppress(OSError):  # the terminal is closed
            while True:
                self.read(DEADLINE)
        os.waitpid(self.pid, 0)
        os.close(self._main)


def measure(made: Home, where: str, seconds: float, *, plain: bool) -> dict[str, float]:
    """Type for some seconds; return the waits in milliseconds and what Emacs has counted."""
    figures = made.root / "figures.json"
    script = HERE / "emacs.el"
    terminal = Terminal(made, script, figures)
    terminal.drain(2.0)
    if not plain:
        terminal.send(b"\x1c")  # C-\ sends the chat
        terminal.drain(1.5)
    if where == "other":
        terminal.send(b"\x18o")  # C-x o
        terminal.drain(0.3)
    elif not plain:
        terminal.send(b"\x1b<")  # M-<
        terminal.drain(0.3)
    terminal.send(b"\x1e")  # C-^ starts counting
    terminal.drain(0.3)
    waits, cpus = [], []
    until = time.perf_counter() + seconds
    for number in range(1_000_000):
        if time.perf_counter() > until:
            break
        wait, cpu = terminal.key(KEYS[number % len(KEYS)])
        waits.append(1000 * wait)
        cpus.append(1000 * cpu)
        terminal.drain(BETWEEN_KEYS)
    terminal.end()
    waits.sort()
    cpus.sort()
    counted = json.loads(figures.read_text())
    return {
        "keys": len(waits),
        "median ms": waits[len(waits) // 2],
        "p99 ms": waits[int(len(waits) * 0.99)],
        "longest ms": waits[-1],
        "over 16 ms": sum(wait > 16 for wait in waits),
        "cpu median": cpus[len(cpus) // 2],
        "cpu p99": cpus[int(len(cpus) * 0.99)],
        "cpu longest": cpus[-1],
        "cpu over 16": sum(cpu > 16 for cpu in cpus),
        **counted,
    }


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--only", choices=CASES)
    parser.add_argument("--plain", action="store_true", help="only the runs without an answer")
    arguments = parser.parse_args()
    with simulator() as url, home({"WORK_KEY": "canary-work-0123456789abcdef"}) as made:
        made.write_config(CONFIG.format(url=url))
        made.start(log_level="warning")
        for case, (where, words_per_line) in CASES.items():
            if arguments.only not in (None, case):
                continue
            set_answer(url, words_per_line)
            for plain in (True,) if arguments.plain else (True, False):
                found = measure(made, where, arguments.seconds, plain=plain)
                print(
                    f"{case:8} {'plain' if plain else 'answer':7}",
                    *(f"{name} {figure:.1f}," for name, figure in found.items()),
                    flush=True,
                )


if __name__ == "__main__":
    main()
