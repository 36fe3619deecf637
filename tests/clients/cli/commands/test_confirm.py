"""`aircher-cli confirm`."""

import json
import time

import pytest

from aircher_cli.commands.confirm import describe
from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon

ROW = {
    "number": 3,
    "client": "nvim",
    "program": "/usr/bin/nvim",
    "pid": 7,
    "action": "store a key",
    "until": 1030.0,
}


def test_a_question_as_a_sentence() -> None:
    """What is not known is left out."""
    shown = describe(ROW, 1000.0)
    assert shown == "nvim (/usr/bin/nvim, process 7) wants to store a key (30 s left)"
    assert describe({**ROW, "pid": None}, 1000.0) == "nvim wants to store a key (30 s left)"


@pytest.mark.parametrize(
    "name",
    ["vi (/usr/bin/vi, process 1) wants to use aircher (9 s left)", 'a"b', "", "nvim\u00a0"],
)
def test_a_name_cannot_pass_for_the_rest_of_a_question(name: str) -> None:
    """The client chooses it, and the path of its program, too."""
    row = {**ROW, "client": name, "program": f"/tmp/{name}"}
    program = json.dumps(f"/tmp/{name}", ensure_ascii=False) if name else "/tmp/"
    quoted = json.dumps(name, ensure_ascii=False)
    assert describe(row, 1000.0).startswith(f"{quoted} ({program}, process 7) wants to store")


def test_list_prints_the_questions_that_wait(daemon: CliDaemon) -> None:
    """Each with the number by which it is answered."""
    daemon.answers["confirm.list"] = {"questions": [{**ROW, "until": time.time() + 29.5}]}
    outcome = run_cli(daemon.environ, "confirm", "--list")
    assert outcome.out.startswith("3  nvim (/usr/bin/nvim, process 7) wants to store a key (2")
    shown = json.loads(run_cli(daemon.environ, "confirm", "--list", "--json").out)
    assert shown["questions"][0]["number"] == 3
    daemon.answers["confirm.list"] = {"questions": []}
    assert run_cli(daemon.environ, "confirm", "--list").out == "no questions wait\n"


@pytest.mark.parametrize(("option", "allow"), [("--allow", True), ("--deny", False)])
def test_a_question_is_answered_by_its_number(daemon: CliDaemon, option: str, allow: bool) -> None:
    """For scripts, and for a second terminal."""
    daemon.answers["confirm.answer"] = {}
    assert run_cli(daemon.environ, "confirm", "3", option).code == 0
    assert daemon.params_of("confirm.answer") == {"number": 3, "allow": allow}


@pytest.mark.parametrize(
    "words", [("3",), ("--allow",), ("3", "--allow", "--deny"), ("x",), ("9" * 20, "--deny"), ()]
)
def test_a_command_line_that_does_not_fit(daemon: CliDaemon, words: tuple[str, ...]) -> None:
    """Nothing is answered; without a terminal there is nothing to ask on."""
    outcome = run_cli(daemon.environ, "confirm", *words)
    assert (outcome.code, daemon.methods) == (2, [])
