"""Agents that an editor starts."""

import pytest

from aircher_cli.commands.editors.agents import AGENTS
from aircher_cli.commands.run.tools.table import find_tool


@pytest.mark.parametrize("agent", AGENTS.values(), ids=lambda agent: agent.name)
def test_run_knows_each_of_them(agent):
    """By its program and by its package; as the tool of this name."""
    assert find_tool(list(agent.words)).tool.name == agent.name
    assert find_tool(["npx", "-y", agent.package]).tool.name == agent.name


def test_the_command_has_whole_paths(tmp_path):
    """An editor that is started by the desktop has another PATH."""
    program = tmp_path / "codex-acp"
    program.write_text("")
    program.chmod(0o755)
    codex = AGENTS["codex"]
    environ = {"PATH": str(tmp_path)}
    assert codex.command("/bin/aircher-cli", "", environ) == [
        *("/bin/aircher-cli", "run", "--", str(program)),
    ]
    assert codex.is_installed(environ)
    assert not codex.is_installed({"PATH": "/nowhere"})
    gemini = AGENTS["gemini"].command("aircher-cli", "fast", {"PATH": "/nowhere"})
    assert gemini == ["aircher-cli", "run", "-m", "fast", "--", "gemini", "--acp"]
