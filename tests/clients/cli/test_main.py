"""The edge: exit codes, signals and pipes of the real program."""

import json
import signal
import subprocess
import sys

import pytest

from aircher_cli.__main__ import main
from helpers.daemon.cli import COMMAND, run_cli, run_program, start_program
from helpers.daemon.cli_daemon import CliDaemon, chat_result, refuses, streams, streams_for_ever

HEAVY = ("trio", "httpx", "keyring", "structlog", "watchfiles", "msgspec", "asyncio")
SLOW = ("typing", "dataclasses", "pathlib", "json", "getpass", "textwrap", "shutil", "subprocess")


def test_ask_imports_nothing_it_does_not_need(daemon: CliDaemon) -> None:
    """A thin client stays thin: start-up time is what a person feels at every prompt."""
    daemon.answers["chat"] = streams("hi")
    script = (
        "import sys\n"
        "from aircher_cli.__main__ import main\n"
        "before = set(sys.modules)\n"
        "code = main(['ask', 'hello'])\n"
        f"print(code, sorted(set({HEAVY!r}) & set(sys.modules)),"
        f" sorted(set({SLOW!r}) & (set(sys.modules) - start)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; start = set(sys.modules)\n{script}"],
        stdin=subprocess.DEVNULL,
        env=daemon.environ,
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout == "hi\n0 [] []\n"


def test_answer_on_standard_output_alone(daemon: CliDaemon) -> None:
    """Standard output has the answer and nothing else; standard error has nothing at all."""
    daemon.answers["chat"] = streams("Hello ", "there")
    done = run_program(daemon.environ, "ask", "hi")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"Hello there\n", b"")


@pytest.mark.parametrize(
    ("code", "expected"),
    [("bad_request", 1), ("auth_rejected", 4), ("overloaded", 5), ("shutting_down", 3)],
)
def test_exit_codes_of_the_real_program(daemon: CliDaemon, code: str, expected: int) -> None:
    """The table reaches the shell."""
    daemon.answers["chat"] = refuses(code, "no such luck")
    done = run_program(daemon.environ, "ask", "hi")
    assert (done.returncode, done.stderr) == (expected, b"aircher-cli: no such luck\n")


def test_no_daemon(daemon: CliDaemon) -> None:
    """Without a daemon, and with AIRCHER_AUTOSTART=0, exit code 3 and what to run."""
    environ = {**daemon.environ, "AIRCHER_SOCKET": str(daemon.home / "run" / "none.sock")}
    done = run_program(environ, "ask", "hi")
    assert done.returncode == 3
    assert b"aircher-cli daemon start" in done.stderr


def test_no_daemon_in_json(daemon: CliDaemon) -> None:
    """A script gets the missing daemon as JSON too."""
    environ = {**daemon.environ, "AIRCHER_SOCKET": str(daemon.home / "run" / "none.sock")}
    done = run_program(environ, "ask", "--json", "hi")
    assert done.returncode == 3
    assert json.loads(done.stdout)["error"]["code"] == "daemon_unreachable"


def test_ctrl_c_cancels_the_request(daemon: CliDaemon) -> None:
    """Ctrl-C: the daemon is told at once, the exit code is 130, there is no traceback."""
    daemon.answers["chat"] = streams_for_ever
    with start_program(daemon.environ, "ask", "hi") as program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"line 0\n"
        program.send_signal(signal.SIGINT)
        _, errors = program.communicate(timeout=20)
    assert (program.returncode, errors) == (130, b"")
    assert daemon.methods == ["chat", "$/cancel"]


def test_a_reader_that_leaves_ends_the_request(daemon: CliDaemon) -> None:
    """`ask | head -1`: quiet, the request cancelled, and the exit code of a filter."""
    daemon.answers["chat"] = streams_for_ever
    with start_program(daemon.environ, "ask", "hi") as program:
        assert program.stdout is not None
        assert program.stderr is not None
        assert program.stdout.readline() == b"line 0\n"
        program.stdout.close()
        errors = program.stderr.read()
        assert (program.wait(timeout=20), errors) == (141, b"")
    assert daemon.methods == ["chat", "$/cancel"]


def test_help_into_a_closed_pipe_is_quiet(daemon: CliDaemon) -> None:
    """Help is no exception to how a filter behaves."""
    script = f'"{sys.executable}" -m aircher_cli ask --help | true; exit ${{PIPESTATUS[0]}}'
    done = subprocess.run(
        ["bash", "-c", script], env=daemon.environ, capture_output=True, check=False
    )
    # Whether the pipe is closed before or after the write is not ours to decide.
    assert (done.returncode in {0, 141}, done.stderr) == (True, b"")


def test_a_full_disk(daemon: CliDaemon) -> None:
    """An answer that cannot be written is a failure, and its request is cancelled."""
    daemon.answers["chat"] = streams_for_ever
    with open("/dev/full", "wb") as full:  # noqa: PTH123 -- a device
        done = subprocess.run(
            [*COMMAND, "ask", "hi"],
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            env=daemon.environ,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == b"aircher-cli: cannot write to standard output: No space left on device\n"
    assert daemon.methods == ["chat", "$/cancel"]


def test_closed_standard_streams(daemon: CliDaemon) -> None:
    """With its streams closed by the shell the program still does its work."""
    daemon.answers["chat"] = streams("hi")
    script = f'"{sys.executable}" -m aircher_cli ask hello <&- >&- 2>&-'
    done = subprocess.run(["bash", "-c", script], env=daemon.environ, check=False)
    assert (done.returncode, daemon.methods) == (0, ["chat"])


def test_invalid_utf_8_reaches_the_daemon_and_comes_back(daemon: CliDaemon) -> None:
    """A prompt with a stray byte is sent as it is; an answer with one is shown with a `?`."""
    daemon.answers["chat"] = streams("caf\udce9")
    done = run_program(daemon.environ, "ask", stdin=b"caf\xe9")
    assert daemon.params_of("chat")["messages"] == [{"role": "user", "content": "caf\udce9"}]
    assert (done.returncode, done.stdout) == (0, b"caf?\n")


def test_a_defect_leaves_no_traceback(daemon: CliDaemon) -> None:
    """What nobody foresaw is one line, which names the defect and no content."""
    daemon.answers["status"] = ["not a map"]
    outcome = run_cli(daemon.environ, "status")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith("aircher-cli: internal error: AttributeError in line")


def test_main_takes_its_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    """The entry point is a function that returns the exit code."""
    assert main(["nonsense"]) == 2
    assert "unknown command" in capsys.readouterr().err


def test_json_of_a_usage_error() -> None:
    """A script that got the command line wrong reads about it where it reads everything."""
    outcome = run_cli({}, "status", "--json", "--wrong")
    assert outcome.code == 2
    assert json.loads(outcome.out)["error"]["message"] == "unknown option --wrong"


def test_the_final_result_alone_is_enough(daemon: CliDaemon) -> None:
    """A daemon that sends no deltas is shown just the same."""
    daemon.answers["chat"] = chat_result("all at once")
    assert run_program(daemon.environ, "ask", "hi").stdout == b"all at once\n"
