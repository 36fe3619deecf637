"""The table of tools, and which one a command line starts."""

import pytest

from aircher_cli.commands.run.tools.recipe import Door
from aircher_cli.commands.run.tools.table import BY_PROGRAM, TOOLS, find_tool


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["claude"], ("claude", 0)),
        (["/opt/bin/claude", "-p"], ("claude", 0)),
        (["npx", "@anthropic-ai/claude-code", "-p"], ("claude", 1)),
        (["npx", "-y", "@google/gemini-cli@0.61.0"], ("gemini", 2)),
        (["uvx", "--from", "aider-chat", "aider"], ("aider", 2)),
        (["uvx", "llm==0.36", "hi"], ("llm", 1)),
        (["pipx", "run", "aider-chat"], ("aider", 2)),
        (["pnpm", "dlx", "opencode-ai"], ("opencode", 2)),
        (["env", "A=1", "goose", "run"], ("goose", 2)),
        (["/opt/claude-agent-acp"], ("claude", 0)),
        (["npx", "-y", "@agentclientprotocol/codex-acp@2.6.0"], ("codex", 2)),
        (["npx", "other", "claude"], ("other", 0)),
        (["cat", "claude"], ("other", 0)),
        (["python", "-m", "aider"], ("other", 0)),
    ],
)
def test_the_tool_of_a_command_line(words, expected):
    """Also behind what starts packages."""
    found = find_tool(words)
    assert (found.tool.name, found.at) == expected


def test_no_name_means_two_tools():
    """Nor is there one without a program."""
    assert len(BY_PROGRAM) == sum(len(tool.programs) for tool in TOOLS)
    assert len({tool.name for tool in TOOLS}) == len(TOOLS)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
@pytest.mark.parametrize("model", ["sonnet", ""])
def test_every_tool_gets_the_url_and_the_token(tool, model):
    """In variables, arguments or files; never the token in an argument, which others can see."""
    setup = tool.set_up(Door("http://127.0.0.1:7", "TOKEN", model, folder="/f"), {})
    shown = [*setup.variables.values(), *setup.files.values()]
    assert any("TOKEN" in value for value in shown)
    assert any("http://127.0.0.1:7" in value for value in (*shown, *setup.arguments))
    assert not any("TOKEN" in word.replace("AIRCHER_TOKEN", "") for word in setup.arguments)
    assert not set(setup.models) & set(setup.variables)
    assert all(setup.models.values())
