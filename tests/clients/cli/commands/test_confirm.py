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


@pytest.mark.parametrize("words", [("3",), ("--allow",), ("3", "--allow", "--deny"), ("x",), ()])
def test_a_command_line_that_does_not_fit(daemon: CliDaemon, words: tuple[str, ...]) -> None:
    """Nothing is answered; without a terminal there is nothing to ask on."""
    outcome = run_cli(daemon.environ, "confirm", *words)
    assert (outcome.code, daemon.methods) == (2, [])
