"""The real program: exit codes, signals and pipes."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import aircher_cli
import aircher_client
import aircher_wire
from aircher_cli.__main__ import main
from helpers.daemon.cli import COMMAND, run_cli, run_program, start_program
from helpers.daemon.cli_daemon import CliDaemon, chat_result, refuses, streams, streams_for_ever

HEAVY = ("trio", "httpx", "keyring", "structlog", "watchfiles", "msgspec", "asyncio")
SLOW = ("typing", "dataclasses", "pathlib", "json", "getpass", "textwrap", "shutil", "subprocess")


def test_ask_imports_nothing_it_does_not_need(daemon: CliDaemon) -> None:
    """Every prompt pays for the start-up time."""
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
        # What keeps the conversation is imported after the answer: see `ask/test_keeping.py`.
        env={**daemon.environ, "AIRCHER_KEEP": "0"},
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout == "hi\n0 [] []\n"


def test_answer_on_standard_output_alone(daemon: CliDaemon) -> None:
    """Standard output has only the answer; standard error is empty."""
    daemon.answers["chat"] = streams("Hello ", "there")
    done = run_program(daemon.environ, "ask", "hi")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"Hello there\n", b"")


@pytest.mark.parametrize(
    ("code", "expected"),
    [("bad_request", 1), ("auth_rejected", 4), ("overloaded", 5), ("shutting_down", 3)],
)
def test_exit_codes_of_the_real_program(daemon: CliDaemon, code: str, expected: int) -> None:
    """The exit code of the table is that of the process."""
    daemon.answers["chat"] = refuses(code, "it failed")
    done = run_program(daemon.environ, "ask", "hi")
    assert (done.returncode, done.stderr) == (expected, b"aircher-cli: it failed\n")


def test_no_daemon(daemon: CliDaemon) -> None:
    """Without a daemon and autostart, the exit code is 3 and the message says what to run."""
    environ = {**daemon.environ, "AIRCHER_SOCKET": str(daemon.home / "run" / "none.sock")}
    done = run_program(environ, "ask", "hi")
    assert done.returncode == 3
    assert b"aircher-cli daemon start" in done.stderr


def test_no_daemon_in_json(daemon: CliDaemon) -> None:
    """With `--json` a missing daemon is reported as JSON."""
    environ = {**daemon.environ, "AIRCHER_SOCKET": str(daemon.home / "run" / "none.sock")}
    done = run_program(environ, "ask", "--json", "hi")
    assert done.returncode == 3
    assert json.loads(done.stdout)["error"]["code"] == "daemon_unreachable"


def test_ctrl_c_cancels_the_request(daemon: CliDaemon) -> None:
    """Ctrl-C cancels the request; the exit code is 130, and there is no traceback."""
    daemon.answers["chat"] = streams_for_ever
    with start_program(daemon.environ, "ask", "hi") as program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"line 0\n"
        program.send_signal(signal.SIGINT)
        _, errors = program.communicate(timeout=20)
    assert (program.returncode, errors) == (130, b"")
    assert daemon.methods == ["chat", "$/cancel"]


def test_a_closed_pipe_cancels_the_request(daemon: CliDaemon) -> None:
    """`ask | head -1` cancels the request, prints no error, and exits with 141."""
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
    """Help into a closed pipe prints no error."""
    script = f'"{sys.executable}" -m aircher_cli ask --help | true; exit ${{PIPESTATUS[0]}}'
    done = subprocess.run(
        ["bash", "-c", script], env=daemon.environ, capture_output=True, check=False
    )
    # The pipe may be closed before or after the write.
    assert (done.returncode in {0, 141}, done.stderr) == (True, b"")


def test_a_full_disk(daemon: CliDaemon) -> None:
    """An answer that cannot be written is an error, and its request is cancelled."""
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
    """The program works with all its streams closed by the shell."""
    daemon.answers["chat"] = streams("hi")
    script = f'"{sys.executable}" -m aircher_cli ask hello <&- >&- 2>&-'
    done = subprocess.run(["bash", "-c", script], env=daemon.environ, check=False)
    assert (done.returncode, daemon.methods) == (0, ["chat"])


def test_invalid_utf_8_reaches_the_daemon_and_comes_back(daemon: CliDaemon) -> None:
    """Invalid bytes of a prompt are sent unchanged; those of an answer are shown as `?`."""
    daemon.answers["chat"] = streams("caf\udce9")
    done = run_program(daemon.environ, "ask", stdin=b"caf\xe9")
    assert daemon.params_of("chat")["messages"] == [{"role": "user", "content": "caf\udce9"}]
    assert (done.returncode, done.stdout) == (0, b"caf?\n")


GONE = """
import shutil, sys
sys.path.insert(0, sys.argv[1])
from aircher_cli.__main__ import main
if sys.argv[2] == "failures":
    import aircher_cli.failures
shutil.rmtree(sys.argv[1])
sys.exit(main(sys.argv[3:]))
"""


@pytest.mark.parametrize("loaded", ["failures", "nothing"])
def test_an_installation_that_is_removed_meanwhile_is_named(
    daemon: CliDaemon, tmp_path: Path, loaded: str
) -> None:
    """A sentence and no traceback, whatever had been loaded by then."""
    copy = tmp_path / "copy"
    for package in (aircher_cli, aircher_client, aircher_wire):
        folder = Path(str(package.__file__)).parent
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(folder, copy / folder.name, ignore=ignored)
    done = subprocess.run(
        [sys.executable, "-c", GONE, str(copy), loaded, "status"],
        env=daemon.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        text=True,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("aircher-cli: its installation was removed or replaced")
    assert len(done.stderr.splitlines()) == 1


def test_an_internal_error_leaves_no_traceback(daemon: CliDaemon) -> None:
    """It is one line with the type and the location, without content."""
    daemon.answers["config.reload"] = ["not a map"]
    outcome = run_cli(daemon.environ, "config", "reload")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith("aircher-cli: internal error: AttributeError in line")


def test_main_takes_its_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    """The entry point is a function that returns the exit code."""
    assert main(["nonsense"]) == 2
    assert "unknown command" in capsys.readouterr().err


def test_json_of_a_usage_error() -> None:
    """With `--json` a usage error is reported as JSON."""
    outcome = run_cli({}, "status", "--json", "--wrong")
    assert outcome.code == 2
    assert json.loads(outcome.out)["error"]["message"] == "unknown option --wrong"


def test_the_final_result_alone_is_enough(daemon: CliDaemon) -> None:
    """The answer is printed even if the daemon sends no deltas."""
    daemon.answers["chat"] = chat_result("all at once")
    assert run_program(daemon.environ, "ask", "hi").stdout == b"all at once\n"


NOTICES = [
    {"code": "config_invalid", "message": "the configuration is invalid: line 3"},
    {"code": "other", "message": "something else"},
]


def hello_with_notices(daemon: CliDaemon) -> None:
    daemon.answers["hello"] = {"protocol": 1, "server": {}, "notices": NOTICES}


@pytest.mark.parametrize("option", [(), ("--json",)])
def test_notices_are_printed_on_standard_error(daemon: CliDaemon, option: tuple[str, ...]) -> None:
    """Each notice of the daemon is one line on standard error, with `--json` as well."""
    hello_with_notices(daemon)
    daemon.answers["chat"] = streams("Hello")
    done = run_cli(daemon.environ, "ask", "hi", *option)
    assert done.code == 0
    assert "Hello" in done.out
    assert done.err.splitlines() == [f"aircher-cli: {each['message']}" for each in NOTICES]


def test_notices_precede_the_answer_on_a_terminal(daemon: CliDaemon) -> None:
    """They are printed as soon as they are known, so that they do not interrupt the answer."""
    hello_with_notices(daemon)
    daemon.answers["chat"] = streams("Hello ", "there")
    done = run_cli(daemon.environ, "ask", "hi", terminal=True)
    assert done.out == "Hello there\n"


def test_a_command_that_reports_a_condition_prints_no_notice_of_it(daemon: CliDaemon) -> None:
    """`status` shows the problems of the configuration itself, but nothing of other conditions."""
    hello_with_notices(daemon)
    daemon.answers["status"] = {"version": "0", "pid": 1}
    done = run_cli(daemon.environ, "status")
    assert done.err == "aircher-cli: something else\n"


@pytest.mark.parametrize("code", ["config_invalid", "unknown_model"])
def test_a_notice_waits_for_the_error_of_a_later_request(daemon: CliDaemon, code: str) -> None:
    """`models use` asks for the default first, which succeeds: the reason is said once."""
    hello_with_notices(daemon)
    daemon.answers["status"] = {"version": "0", "pid": 1}
    daemon.answers["models.use"] = refuses(code, "it fails")
    done = run_cli(daemon.environ, "models", "use", "a/b")
    assert done.err.count("it fails") == 1
    assert done.err.count("line 3") == (code != "config_invalid")
    assert "something else" in done.err


def test_a_notice_that_has_waited_follows_a_success(daemon: CliDaemon) -> None:
    """What is invalid may be another entry."""
    hello_with_notices(daemon)
    daemon.answers["auth.status"] = {"rows": []}
    daemon.answers["auth.logout"] = {"removed": 1, "rows": []}
    done = run_cli(daemon.environ, "auth", "logout", "a")
    assert done.code == 0
    assert done.err.count("line 3") == 1


def test_an_error_is_not_preceded_by_the_same_notice(daemon: CliDaemon) -> None:
    """A request refused for the same reason says so once."""
    hello_with_notices(daemon)
    daemon.answers["chat"] = refuses("config_invalid", "the configuration is invalid: line 3")
    done = run_cli(daemon.environ, "ask", "hi")
    assert done.err.count("line 3") == 1
