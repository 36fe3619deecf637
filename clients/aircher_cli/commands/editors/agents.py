"""Agents that an editor starts: the command of each, with `aircher-cli run` before it.

They speak the Agent Client Protocol over standard input and output. What was tried is in
docs/tools.md.
"""

import shutil
from collections.abc import Mapping
from typing import NamedTuple


class Agent(NamedTuple):
    """An agent.

    - `name`: by which it is chosen here. `title`: what the editor shows.
    - `words`: its command. `package`: what npm calls it.
    """

    name: str
    title: str
    words: tuple[str, ...]
    package: str

    def command(self, program: str, model: str, environ: Mapping[str, str]) -> list[str]:
        """Return the command line; with whole paths, as editors may have another PATH."""
        path = shutil.which(self.words[0], path=environ.get("PATH"))
        chosen = ["-m", model] if model else []
        return [program, "run", *chosen, "--", path or self.words[0], *self.words[1:]]

    def is_installed(self, environ: Mapping[str, str]) -> bool:
        """Return whether the program is in PATH."""
        return shutil.which(self.words[0], path=environ.get("PATH")) is not None


AGENTS: dict[str, Agent] = {
    agent.name: agent
    for agent in (
        Agent(
            "claude",
            "Claude Code (aircher)",
            ("claude-agent-acp",),
            "@agentclientprotocol/claude-agent-acp",
        ),
        Agent("codex", "Codex (aircher)", ("codex-acp",), "@agentclientprotocol/codex-acp"),
        Agent("gemini", "Gemini CLI (aircher)", ("gemini", "--acp"), "@google/gemini-cli"),
        Agent("qwen", "Qwen Code (aircher)", ("qwen", "--acp"), "@qwen-code/qwen-code"),
        Agent("opencode", "opencode (aircher)", ("opencode", "acp"), "opencode-ai"),
        Agent("copilot", "Copilot CLI (aircher)", ("copilot", "--acp"), "@github/copilot"),
    )
}


def install_command(program: str) -> str | None:
    """Return the command that installs the program of an agent, None for others."""
    for agent in AGENTS.values():
        if agent.words[0] == program:
            return f"npm install -g {agent.package}"
    return None
