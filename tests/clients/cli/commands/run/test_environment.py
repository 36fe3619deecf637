"""A tool's environment."""

from aircher_cli.commands.run.environment import VENDOR_KEYS, hidden_keys, tool_environment
from aircher_cli.commands.run.tools.agents import claude
from aircher_cli.commands.run.tools.recipe import Door, Setup, Tool

DOOR = Door("http://127.0.0.1:7", "TOKEN", "sonnet")
TOOL = Tool("t", ("t",), "any", lambda *_: Setup({}), hides=("ELSEWHERE",))
OWN = {
    "PATH": "/bin",
    "OPENAI_API_KEY": "sk-own",
    "WORK_KEY": "own",
    "ELSEWHERE": "1",
    "ANTHROPIC_MODEL": "opus",
}


def test_keys_are_hidden_and_the_rest_stays():
    """Those of vendors, and those of the providers in the configuration."""
    found = tool_environment(OWN, TOOL, Setup({"A": "1"}), ["WORK_KEY"])
    assert found == {"PATH": "/bin", "ANTHROPIC_MODEL": "opus", "A": "1"}


def test_keys_may_be_kept():
    """But not where they would lead the tool past aircher."""
    setup = Setup({"OPENAI_API_KEY": "TOKEN"})
    found = tool_environment(OWN, TOOL, setup, ["WORK_KEY"], keeps_keys=True)
    assert (found["WORK_KEY"], found["OPENAI_API_KEY"]) == ("own", "TOKEN")
    assert "ELSEWHERE" not in found


def test_a_model_that_the_user_has_set_stays_unless_one_is_named_for_this_run():
    """The default of aircher is only for where there is none."""
    setup = claude(DOOR, {})
    assert tool_environment(OWN, TOOL, setup)["ANTHROPIC_MODEL"] == "opus"
    assert tool_environment({}, TOOL, setup)["ANTHROPIC_MODEL"] == "sonnet"
    assert tool_environment(OWN, TOOL, setup, is_wished=True)["ANTHROPIC_MODEL"] == "sonnet"


def test_requests_to_this_machine_go_around_a_proxy():
    """What the user has there stays."""
    found = tool_environment({"https_proxy": "http://p", "NO_PROXY": "x.org"}, TOOL, Setup({}))
    assert found["NO_PROXY"] == "x.org,127.0.0.1,localhost,::1"
    assert found["no_proxy"] == "127.0.0.1,localhost,::1"
    assert "NO_PROXY" not in tool_environment({}, TOOL, Setup({}))


def test_the_hidden_variables():
    """A table, and what the daemon knows."""
    assert hidden_keys(["MINE"]) == VENDOR_KEYS | {"MINE"}
