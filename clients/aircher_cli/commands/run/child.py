"""Runs a tool in the foreground: its terminal, its signals and its exit code are those of `run`.

The tool is in our process group, so the terminal sends Ctrl-C and Ctrl-Z to both, and only
the tool answers them. What is sent to us alone is passed on.

    INT, QUIT               ignored in the foreground of a terminal, else passed on
    TERM, HUP, USR1, USR2   passed on
    the tool stops          we stop, too, so that the shell takes over; and go on with it
"""

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import Protocol

from aircher_cli.exit_codes import CommandFailed

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    from typing import Self

PASSED_ON = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
OF_TERMINAL = (signal.SIGINT, signal.SIGQUIT)
NOT_FOUND, NOT_RUNNABLE = 127, 126
"""Exit codes of shells."""
STOPPED_SECONDS = 0.02
"""After so long, a tool that the terminal stopped together with us has gone on with us, too."""


class Watched(Protocol):
    """What is looked after while the tool runs."""

    def fileno(self) -> int | None:
        """Return a descriptor to wait for, None if there is none now."""

    @property
    def retry_seconds(self) -> float | None:
        """In how many seconds to call `tend` in any case."""

    def tend(self) -> None:
        """Do what is to be done: the descriptor is readable, or the time is over."""


def run_tool(words: Sequence[str], environ: Mapping[str, str], watched: Watched) -> int:
    """Run a tool until it ends, and return its exit code: 128 + N after signal N.

    Raises:
        CommandFailed: it cannot be started.
    """
    with _Signals() as signals:
        child = _start(words, environ)
        signals.pass_to(child)
        while (status := _poll(child)) is None:
            _wait(signals, watched)
        return 128 - status if status < 0 else status


def _start(words: Sequence[str], environ: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    try:
        # Its other descriptors may be what the shell has opened for it, such as <(command).
        return subprocess.Popen(words, env=dict(environ), close_fds=False)
    except FileNotFoundError as error:
        if error.filename not in (None, words[0]):
            raise CommandFailed(f"cannot run {words[0]}: {error}", exit_code=NOT_FOUND) from None
        from aircher_cli.commands.editors.agents import install_command  # noqa: PLC0415 -- rare

        how = install_command(os.path.basename(words[0]))  # noqa: PTH119 -- a text
        message = f"cannot run {words[0]}: it is not installed, or not in PATH"
        message += f"; to install it: {how}" if how else ""
        raise CommandFailed(message, exit_code=NOT_FOUND, code="not_found") from None
    except OSError as error:
        message = f"cannot run {words[0]}: {error.strerror}"
        raise CommandFailed(message, exit_code=NOT_RUNNABLE, code="not_runnable") from None


def _wait(signals: "_Signals", watched: Watched) -> None:
    """Wait for a signal, and look after what is watched."""
    descriptor = watched.fileno()
    wanted = [signals.fileno(), *([] if descriptor is None else [descriptor])]
    ready, _, _ = select.select(wanted, (), (), watched.retry_seconds)
    if signals.fileno() in ready:
        signals.clear()
    if descriptor in ready or (descriptor is None and not ready):
        watched.tend()


def _poll(child: "subprocess.Popen[bytes]") -> int | None:
    """Return the exit code of a child that has ended; stop with one that is stopped."""
    if child.returncode is not None:
        return child.returncode
    pid, status = os.waitpid(child.pid, os.WNOHANG | os.WUNTRACED)
    if pid == 0:
        return None
    if not os.WIFSTOPPED(status):
        child.returncode = os.waitstatus_to_exitcode(status)
        return child.returncode
    if _has_terminal() and _stays_stopped(child.pid):
        os.kill(os.getpid(), signal.SIGSTOP)
        # The shell has sent us on, and our group with us; or only us.
        child.send_signal(signal.SIGCONT)
    return None


def _stays_stopped(pid: int) -> bool:
    """Return whether a child does not go on at once, as after a Ctrl-Z that is over."""
    time.sleep(STOPPED_SECONDS)
    found = os.waitid(os.P_PID, pid, os.WCONTINUED | os.WEXITED | os.WNOHANG | os.WNOWAIT)
    return found is None


def _has_terminal() -> bool:
    """Return whether we are in the foreground of a terminal, which then sends signals to both."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


class _Signals:
    """Our signals while a tool runs. The descriptor is readable after each."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []
        self._before: list[tuple[int, object]] = []
        self._reader = self._writer = self._wakeup = -1

    def __enter__(self) -> "Self":
        self._reader, self._writer = os.pipe()
        for descriptor in (self._reader, self._writer):
            os.set_blocking(descriptor, False)
        self._wakeup = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        self._handle(PASSED_ON, self._pass_on)
        self._handle(OF_TERMINAL, self._pass_on_unless_sent)
        self._handle((signal.SIGCHLD,), lambda *_: None)
        return self

    def _handle(
        self, numbers: Sequence[signal.Signals], handler: Callable[[int, FrameType | None], object]
    ) -> None:
        for number in numbers:
            before = signal.getsignal(number)
            if before is signal.SIG_IGN:
                continue  # as nohup wants it: the tool ignores it, too
            self._before.append((number, signal.signal(number, handler)))

    def __exit__(self, *_: object) -> None:
        for number, before in self._before:
            signal.signal(number, before)  # type: ignore[arg-type] # what `signal.signal` returned
        signal.set_wakeup_fd(self._wakeup)
        os.close(self._reader)
        os.close(self._writer)

    def pass_to(self, child: "subprocess.Popen[bytes]") -> None:
        """Pass signals on to this child from now on, those that came before, too."""
        self._child = child
        for number in self._early:
            child.send_signal(number)

    def _pass_on(self, number: int, _frame: FrameType | None) -> None:
        if self._child is None:
            self._early.append(number)
        elif self._child.returncode is None:
            self._child.send_signal(number)

    def _pass_on_unless_sent(self, number: int, frame: FrameType | None) -> None:
        if not _has_terminal():
            self._pass_on(number, frame)

    def fileno(self) -> int:
        """Return the descriptor that is readable after a signal."""
        return self._reader

    def clear(self) -> None:
        """Read what makes it readable."""
        os.read(self._reader, 4096)
