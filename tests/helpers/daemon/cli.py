"""Runs the command line: in this process with fake streams, or as a real program."""

import io
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from aircher_cli.__main__ import run
from aircher_cli.console import Console
from aircher_cli.context import Context

COMMAND = (sys.executable, "-m", "aircher_cli")


class Stream(io.TextIOWrapper):
    """A text stream over memory that can claim to be a terminal."""

    def __init__(
        self, data: bytes = b"", *, terminal: bool = False, encoding: str = "utf-8"
    ) -> None:
        self.memory = io.BytesIO(data)
        self.terminal = terminal
        super().__init__(self.memory, encoding=encoding, newline="\n")

    def isatty(self) -> bool:
        return self.terminal

    @property
    def text(self) -> str:
        self.flush()
        return self.memory.getvalue().decode(self.encoding)


@dataclass
class Outcome:
    """The result of a command."""

    code: int
    out: str
    err: str


def run_cli(
    environ: Mapping[str, str],
    *words: str,
    stdin: str | bytes | None = None,
    terminal: bool = False,
    encoding: str = "utf-8",
) -> Outcome:
    """Run a command in this process. `stdin` None is a keyboard without input."""
    data = stdin.encode() if isinstance(stdin, str) else stdin or b""
    out = Stream(terminal=terminal, encoding=encoding)
    err = Stream(terminal=terminal, encoding=encoding)
    keyboard = Stream(data, terminal=stdin is None)
    code = run(Context(Console(out, err, environ), environ, keyboard), list(words))
    return Outcome(code, out.text, err.text)


def run_program(
    environ: Mapping[str, str], *words: str, stdin: bytes = b""
) -> "subprocess.CompletedProcess[bytes]":
    """Run the command line as a separate program."""
    return subprocess.run(
        [*COMMAND, *words],
        input=stdin,
        env=dict(environ),
        capture_output=True,
        check=False,
        timeout=30,
    )


def start_program(environ: Mapping[str, str], *words: str) -> "subprocess.Popen[bytes]":
    """Start the command line with nothing on standard input and its output in pipes."""
    return subprocess.Popen(
        [*COMMAND, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(environ),
    )
