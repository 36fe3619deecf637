"""A tool in the foreground: exit codes, signals, the terminal, and what is looked after meanwhile.

Each test starts `run_tool` in a process of its own, because signals are a process's.
"""

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import pytest

from aircher_cli.commands.run.child import run_tool
from aircher_cli.exit_codes import CommandFailed

RUNNER = """
import os, sys
from aircher_cli.commands.run.child import run_tool
class Nothing:
    retry_seconds = None
    def fileno(self): return None
    def tend(self): raise AssertionError
sys.exit(run_tool(sys.argv[1:], os.environ, Nothing()))
"""
TELLS = """
import os, signal, sys, time
def tell(number, _):
    print("got", signal.Signals(number).name, flush=True)
    if number == signal.SIGTERM: sys.exit(3)
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
    signal.signal(number, tell)
print("ready", os.getpid(), flush=True)
while True: time.sleep(60)
"""


class Nothing:
    retry_seconds = None

    def fileno(self) -> None:
        return None

    def tend(self) -> None:
        raise AssertionError


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def start(words: Sequence[str], **options: object) -> "subprocess.Popen[str]":
    return subprocess.Popen([*python(RUNNER), *words], stdout=subprocess.PIPE, text=True, **options)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("raise SystemExit(0)", 0),
        ("raise SystemExit(7)", 7),
        ("import os; os.kill(os.getpid(), 9)", 137),
        ("import os; os.kill(os.getpid(), 15)", 143),
    ],
)
def test_the_exit_code_is_that_of_the_tool(code, expected):
    """After a signal as a shell has it."""
    assert run_tool(python(code), os.environ, Nothing()) == expected


def test_an_agent_that_is_not_there_can_be_installed(monkeypatch):
    """Editors show what it says; other programs are installed as their users know."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(CommandFailed, match=r"npm install -g @agentclientprotocol/codex-acp$"):
        run_tool(["/gone/codex-acp"], os.environ, Nothing())
    with pytest.raises(CommandFailed, match=r"or not in PATH$"):
        run_tool(["no-such-agent"], os.environ, Nothing())


def test_a_tool_that_is_not_there(tmp_path):
    """With the exit codes of a shell."""
    with pytest.raises(CommandFailed, match="not installed, or not in PATH") as raised:
        run_tool(["no-such-tool"], os.environ, Nothing())
    assert raised.value.exit_code == 127
    (tmp_path / "text").write_text("x")
    with pytest.raises(CommandFailed, match="Permission denied") as raised:
        run_tool([str(tmp_path / "text")], os.environ, Nothing())
    assert raised.value.exit_code == 126


def test_our_handlers_are_gone_afterwards():
    """They are for the time in which the tool runs."""
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    run_tool(python("pass"), os.environ, Nothing())
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before


def test_signals_are_passed_on():
    """Also Ctrl-C's where no terminal sends it; the tool decides what they do."""
    with start(python(TELLS), start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ready")
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGTERM):
            process.send_signal(number)
            assert process.stdout.readline() == f"got {number.name}\n"
        assert process.wait(10) == 3


def test_what_the_caller_ignores_the_tool_ignores_too():
    """As under nohup."""
    code = f"import signal; signal.signal(1, signal.SIG_IGN)\n{RUNNER}"
    check = "import signal; print(signal.getsignal(1) == signal.SIG_IGN)"
    command = [sys.executable, "-c", code, *python(check)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


def test_descriptors_of_the_shell_reach_the_tool():
    """Such as <(command)."""
    reader, writer = os.pipe()
    os.write(writer, b"hello")
    os.close(writer)
    with start(python(f"import os; print(os.read({reader}, 9))"), pass_fds=(reader,)) as process:
        os.close(reader)
        assert process.stdout is not None
        assert process.stdout.read() == "b'hello'\n"


class Watched:
    """Becomes readable once."""

    def __init__(self) -> None:
        self.reader, writer = os.pipe()
        os.write(writer, b"x")
        os.close(writer)
        self.tended = 0

    @property
    def retry_seconds(self) -> float | None:
        return 0.01 if self.tended < 3 else None

    def fileno(self) -> int | None:
        return None if self.tended else self.reader

    def tend(self) -> None:
        self.tended += 1


def test_the_door_is_looked_after_meanwhile():
    """When it has something to say, and as often as it wants."""
    watched = Watched()
    assert run_tool(python("import time; time.sleep(0.4)"), os.environ, watched) == 0
    assert watched.tended == 3


# ------------------------------------------------------------------ on a terminal


SHELL = """
import os, signal, sys
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
job = os.fork()
if job == 0:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpid())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    print("job", os.getpid(), flush=True)
    os.execv(sys.argv[1], sys.argv[1:])
sys.exit(os.waitstatus_to_exitcode(os.waitpid(job, 0)[1]))
"""
"""Runs a job in the foreground: a group without such a parent is not stopped by Ctrl-Z."""


@contextmanager
def on_terminal(words: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Run a tool in the foreground of a terminal; give its other end, the shell and our process."""
    shell, terminal = pty.fork()
    if shell == 0:
        os.execv(sys.executable, [*python(SHELL), *python(RUNNER), *words])  # noqa: S606
    job = int(read_until(terminal, "\n").split()[1])
    try:
        yield terminal, shell, job
    finally:
        os.close(terminal)
        for pid in (job, shell):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(shell, 0)


def read_until(terminal: int, words: str) -> str:
    seen = ""
    while words not in seen:
        seen += os.read(terminal, 1).decode()  # what comes later is for the next call
    return seen


def wait_for_state(pid: int, states: str) -> None:
    """Wait until a process is in one of these states, as ps names them."""
    while state_of(pid) not in states:
        time.sleep(0.005)


def state_of(pid: int) -> str:
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:  # noqa: PTH123 -- short
        return file.read().rpartition(") ")[2][0]


needs_proc = pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="no /proc")  # noqa: PTH110


def test_the_tool_has_the_terminal():
    """And its keyboard."""
    code = "import sys; print(sys.stdin.isatty(), input())"
    with on_terminal(python(code)) as (terminal, shell, _):
        os.write(terminal, b"typed\n")
        read_until(terminal, "True typed")
        assert os.waitstatus_to_exitcode(os.waitpid(shell, 0)[1]) == 0


def test_ctrl_c_reaches_the_tool_once():
    """The terminal sends it to both; the tool goes on, and so do we."""
    with on_terminal(python(TELLS)) as (terminal, shell, pid):
        read_until(terminal, "ready")
        os.write(terminal, b"\x03")
        read_until(terminal, "got SIGINT")
        os.kill(pid, signal.SIGTERM)
        assert "SIGINT" not in read_until(terminal, "got SIGTERM")
        assert os.waitstatus_to_exitcode(os.waitpid(shell, 0)[1]) == 3


@needs_proc
def test_ctrl_z_stops_both_and_both_go_on():
    """As a shell's `fg` does it: with one signal for the group."""
    with on_terminal(python(TELLS)) as (terminal, shell, pid):
        tool = int(read_until(terminal, "\n").split()[1])
        os.write(terminal, b"\x1a")
        wait_for_state(pid, "T")
        wait_for_state(tool, "T")
        os.killpg(pid, signal.SIGCONT)
        wait_for_state(tool, "S")
        os.kill(pid, signal.SIGTERM)
        read_until(terminal, "got SIGTERM")
        assert os.waitstatus_to_exitcode(os.waitpid(shell, 0)[1]) == 3


@needs_proc
def test_a_tool_that_stops_itself_stops_us_too():
    """So the shell gets the terminal back; the tool goes on with us."""
    stops = "import os, signal; print('pid', os.getpid(), flush=True); os.kill(os.getpid(), 19)"
    code = f"{stops}\n{TELLS}"
    with on_terminal(python(code)) as (terminal, _, pid):
        tool = int(read_until(terminal, "\n").split()[1])
        wait_for_state(tool, "T")
        wait_for_state(pid, "T")
        os.kill(pid, signal.SIGCONT)
        read_until(terminal, "ready")
        os.kill(pid, signal.SIGTERM)
        read_until(terminal, "got SIGTERM")
