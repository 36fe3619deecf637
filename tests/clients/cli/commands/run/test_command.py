"""`aircher-cli run`, up to the start of the tool, with a real one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from aircher_cli.commands.run.command import with_dashes
from helpers.daemon.cli import run_cli, run_program
from helpers.daemon.cli_daemon import CliDaemon, Refusal

TOKEN = "ak-air-" + "x" * 32
SHOW = "import json, os, sys; print(json.dumps([sys.argv[1:], dict(os.environ)]))"


@pytest.fixture(autouse=True)
def answers(daemon: CliDaemon) -> None:
    daemon.answers |= {
        "http.open": {
            "url": "http://127.0.0.1:4321",
            "port": 4321,
            "token": TOKEN,
            "variables": ["WORK_KEY"],
        },
        "events.subscribe": {"snapshot": {}},
        "status": {"default": {"model": "main", "candidates": ["anthropic/claude-sonnet-5"]}},
        "route.explain": {"candidates": [{"provider": "openai", "model": "gpt-5.5"}]},
    }


def tool(daemon: CliDaemon, name: str, code: str = SHOW) -> str:
    """Make a program that shows what it was given."""
    path = daemon.home / name
    path.write_text(f"#!{sys.executable}\n{code}\n")
    path.chmod(0o755)
    return str(path)


def shown(done: "subprocess.CompletedProcess[bytes]") -> tuple[list[str], dict[str, str]]:
    assert done.stderr == b""
    arguments, environ = json.loads(done.stdout)
    return arguments, environ


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["claude", "-p", "hi"], ["--", "claude", "-p", "hi"]),
        (["-m", "x", "claude", "-m", "y"], ["-m", "x", "--", "claude", "-m", "y"]),
        (["--keep-keys", "--", "-odd"], ["--keep-keys", "--", "-odd"]),
        (["--model=x", "a", "--", "b"], ["--model=x", "--", "a", "--", "b"]),
        (["--list"], ["--list"]),
        (["-m"], ["-m"]),
    ],
)
def test_all_after_the_tool_is_its_own(typed, expected):
    """Also without dashes before it."""
    assert with_dashes(typed) == expected


def test_a_tool_gets_its_variables_and_its_arguments(daemon: CliDaemon) -> None:
    """Keys are hidden from it, and it has a token with its name and project."""
    environ = {**daemon.environ, "OPENAI_API_KEY": "sk-own", "WORK_KEY": "own", "OTHER": "1"}
    claude = tool(daemon, "claude")
    done = run_program(environ, "run", "--project", "acme", "--", claude, "-p", "--json", "hi")
    arguments, found = shown(done)
    assert (done.returncode, arguments) == (0, ["-p", "--json", "hi"])
    assert found["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:4321"
    assert found["ANTHROPIC_AUTH_TOKEN"] == TOKEN
    assert found["ANTHROPIC_MODEL"] == "main"
    assert found["OTHER"] == "1"
    assert not {"OPENAI_API_KEY", "WORK_KEY"} & set(found)
    assert daemon.params_of("http.open") == {"name": "claude", "project": "acme"}
    assert daemon.sessions[0].is_closed.wait(5)


def test_a_model_for_this_run(daemon: CliDaemon) -> None:
    """It is the token's as well, and the tool speaks the API of its provider."""
    done = run_program(daemon.environ, "run", "-m", "fast", "--", tool(daemon, "goose"))
    _, found = shown(done)
    assert (found["GOOSE_PROVIDER"], found["GOOSE_MODEL"]) == ("openai", "fast")
    assert daemon.params_of("http.open")["model"] == "fast"
    assert daemon.params_of("route.explain") == {"model": "fast"}


def test_keys_may_be_kept(daemon: CliDaemon) -> None:
    """If the user says so."""
    environ = {**daemon.environ, "WORK_KEY": "own"}
    _, found = shown(run_program(environ, "run", "--keep-keys", "--", tool(daemon, "x")))
    assert found["WORK_KEY"] == "own"
    assert found["OPENAI_BASE_URL"] == "http://127.0.0.1:4321/v1"


FILES = "import os, sys; print(os.path.exists(os.environ['AICHAT_CONFIG_FILE']))\n"


@pytest.mark.parametrize("end", ["", "os.kill(os.getpid(), 9)", "sys.exit(3)"])
def test_temporary_files_are_gone_however_the_tool_ends(daemon: CliDaemon, end: str) -> None:
    """They are there while it runs."""
    code = f"{FILES}sys.stdout.flush()\n{end}"
    done = run_program(daemon.environ, "run", "--", tool(daemon, "aichat", code))
    assert done.stdout == b"True\n"
    assert not list(daemon.path.parent.glob("aircher-run-*"))
    assert done.returncode == {"": 0, "sys.exit(3)": 3}.get(end, 137)


def test_temporary_files_are_gone_after_the_end_of_run(daemon: CliDaemon) -> None:
    """SIGTERM ends the tool, and then us."""
    code = f"{FILES}print(flush=True)\nimport time\ntime.sleep(60)"
    command = [sys.executable, "-m", "aircher_cli", "run", "--", tool(daemon, "aichat", code)]
    with subprocess.Popen(
        command, env=daemon.environ, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert list(daemon.path.parent.glob("aircher-run-*"))
        process.terminate()
        assert process.wait(10) == 143
    assert not list(daemon.path.parent.glob("aircher-run-*"))
    assert daemon.sessions[0].is_closed.wait(5)


def test_a_tool_that_is_not_installed(daemon: CliDaemon) -> None:
    """With a shell's exit code, and nothing left."""
    outcome = run_cli(daemon.environ, "run", "--", "no-such-tool")
    assert (outcome.code, outcome.out) == (127, "")
    assert "cannot run no-such-tool: it is not installed" in outcome.err
    assert daemon.sessions[0].is_closed.wait(5)


def test_without_a_model_the_tool_starts_with_a_note(daemon: CliDaemon) -> None:
    """It may name its own."""
    daemon.answers["status"] = {"default": {"candidates": [], "problem": "no key"}}
    outcome = run_cli({**daemon.environ, "NO_COLOR": "1"}, "run", "--", "true")
    assert (outcome.code, outcome.err) == (
        0,
        "aircher-cli: no model is chosen yet: run aircher-cli models\n",
    )


def test_with_a_key_one_question_decides(daemon: CliDaemon) -> None:
    """The modules about signing in, which take a tenth of the start, are not imported."""
    daemon.answers["route.explain"] = {"candidates": [{"provider": "a", "model": "m"}]}
    code = (
        "import sys; from aircher_cli.__main__ import main; done = main(sys.argv[1:]); "
        "assert 'aircher_cli.signing_in.notes' not in sys.modules; sys.exit(done)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "run", "--", "true"],
        env=daemon.environ,
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    assert daemon.methods.count("route.explain") == 1


def test_a_model_that_does_not_exist(daemon: CliDaemon) -> None:
    """The tool is not started."""

    def refuse(*_: object) -> None:
        raise Refusal("unknown_model", "there is no model 'x'")

    daemon.answers["route.explain"] = refuse
    done = run_program(daemon.environ, "run", "-m", "x", "--", tool(daemon, "y", "print('ran')"))
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"there is no model 'x'" in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "which tool?"),
        (("--json", "claude"), "--json is for"),
        (("cn", "--config", "x"), "would lead it elsewhere"),
        (("--as", "nothing", "x"), "no tool of that name"),
        (("--nonsense", "claude"), "unknown option --nonsense"),
    ],
)
def test_mistakes_are_found_before_anything_is_started(daemon: CliDaemon, words, message) -> None:
    """With exit code 2."""
    outcome = run_cli(daemon.environ, "run", *words)
    assert outcome.code == 2
    assert message in outcome.err + outcome.out
    assert not daemon.calls


def test_nothing_of_it_is_loaded_for_other_commands() -> None:
    """`ask` must start as fast as before."""
    loaded = (
        "[name for name in sys.modules if '.commands.run' in name or '.commands.token' in name]"
    )
    code = f"import sys, aircher_cli.__main__, aircher_cli.commands.ask.command; print({loaded})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == b"[]\n"


def test_own_files_are_not_changed(daemon: CliDaemon) -> None:
    """What is in the home of the user before is there afterwards, and nothing else."""
    own = Path(daemon.home, ".gemini")
    own.mkdir()
    (own / "settings.json").write_text("{}")
    before = _files(daemon.home)
    gemini = tool(daemon, "gemini")
    arguments, found = shown(run_program(daemon.environ, "run", "--", gemini))
    assert found["GEMINI_CLI_SYSTEM_SETTINGS_PATH"].endswith("/gemini.json")
    assert _files(daemon.home) - {gemini} == before
    assert arguments == []


def _files(folder: Path) -> set[str]:
    return {os.path.join(root, name) for root, _, names in os.walk(folder) for name in names}  # noqa: PTH118
