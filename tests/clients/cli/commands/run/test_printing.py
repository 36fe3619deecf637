"""What `run --list` and `run --print-env` print."""

import json
import shlex
import subprocess

import pytest

from aircher_cli.commands.run.tools.table import TOOLS
from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon


@pytest.fixture(autouse=True)
def answers(daemon: CliDaemon) -> None:
    daemon.answers["token.list"] = {"url": "http://127.0.0.1:8137"}
    daemon.answers["status"] = {"default": {"model": "main", "candidates": ["openai/gpt-5.5"]}}


@pytest.mark.parametrize("columns", ["40", "120"])
def test_every_tool_has_a_line(daemon: CliDaemon, columns: str) -> None:
    """With what it speaks and how it is led here; the daemon is not asked."""
    environ = {**daemon.environ, "COLUMNS": columns}
    out = run_cli(environ, "run", "--list").out
    assert max(map(len, out.splitlines())) <= int(columns)
    assert {f"· {tool.name}" for tool in TOOLS} <= {
        " ".join(line.split()[:2]) for line in out.splitlines()
    }
    assert not daemon.calls


def test_the_list_for_programs(daemon: CliDaemon) -> None:
    """Which variables, and whether there are arguments or files."""
    tools = json.loads(run_cli(daemon.environ, "run", "--list", "--json").out)["tools"]
    by_name = {tool["tool"]: tool for tool in tools}
    assert by_name["codex"]["arguments"] is True
    assert by_name["gemini"]["files"] == ["gemini.json"]
    assert "ANTHROPIC_BASE_URL" in by_name["claude"]["variables"]


def evaluated(lines: str, *names: str) -> list[str]:
    shown = "; ".join(f'printf "%s\\n" "${{{name}-unset}}"' for name in names)
    done = subprocess.run(
        ["sh", "-c", f"{lines}\n{shown}"],
        env={"AIRCHER_TOKEN": "TOKEN", "OPENAI_API_KEY": "own", "ANTHROPIC_API_KEY": "own"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_a_shell_can_evaluate_it(daemon: CliDaemon) -> None:
    """With a token that the user has; vendors' keys are unset."""
    outcome = run_cli(daemon.environ, "run", "--print-env", "--", "claude")
    names = ("ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_MODEL", "OPENAI_API_KEY")
    assert evaluated(outcome.out, *names) == ["http://127.0.0.1:8137", "TOKEN", "main", "unset"]
    assert evaluated(outcome.out, "ANTHROPIC_API_KEY") == [""]
    assert outcome.err == ""


def test_arguments_and_files_are_comments(daemon: CliDaemon) -> None:
    """A shell cannot set them; the words of the arguments can be copied."""
    out = run_cli(daemon.environ, "run", "--print-env", "--", "codex").out
    line = next(line for line in out.splitlines() if line.startswith("# codex "))
    assert 'model_provider="aircher"' in shlex.split(line[2:])
    assert evaluated(out, "AIRCHER_TOKEN") == ["TOKEN"]
    assert "# FOLDER/gemini.json: {" in run_cli(daemon.environ, "run", "--print-env", "gemini").out


@pytest.mark.parametrize("tool", [tool.name for tool in TOOLS])
def test_no_line_of_a_file_is_taken_for_a_command(daemon: CliDaemon, tool: str) -> None:
    """Whatever the tool is: a shell that evaluates them does nothing but set variables."""
    out = run_cli(daemon.environ, "run", "--print-env", "--", tool).out
    assert {line.split()[0] for line in out.splitlines()} <= {"#", "export", "unset"}


def test_without_a_port_it_says_how_to_open_one(daemon: CliDaemon) -> None:
    """The lines have the port that it names."""
    daemon.answers["token.list"] = {}
    outcome = run_cli(daemon.environ, "run", "--print-env", "--", "other")
    assert "OPENAI_BASE_URL=http://127.0.0.1:8137/v1" in outcome.out
    assert "aircher-cli config set http.port 8137" in outcome.err


def test_a_port_that_cannot_be_opened(daemon: CliDaemon) -> None:
    """The reason, and not the advice to set what is set."""
    daemon.answers["token.list"] = {"port_problem": "port 80 is in use: end the other"}
    outcome = run_cli(daemon.environ, "run", "--print-env", "--", "other")
    assert outcome.err == "aircher-cli: no port is open: port 80 is in use: end the other\n"


def test_json(daemon: CliDaemon) -> None:
    """For programs."""
    found = json.loads(run_cli(daemon.environ, "run", "--print-env", "--json", "goose").out)
    assert found["variables"]["GOOSE_MODEL"] == "main"
    assert found["tool"] == "goose"
