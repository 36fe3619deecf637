"""What the simulated Ollama's models can do and hold: by the first part of their names.

A name that is not in the table can do everything, and thinks only when asked to; the real server
lets a model think that can unless it is told not to.
"""

import msgspec


class Installed(msgspec.Struct, frozen=True, kw_only=True):
    """A model: its capabilities as `/api/tags` names them, and the window it was trained with."""

    capabilities: tuple[str, ...]
    window: int = 131_072
    family: str = "llama"
    thinks_unasked: bool = False

    def can(self, what: str) -> bool:
        """Whether the model has this capability."""
        return what in self.capabilities


FAMILIES: dict[str, Installed] = {
    "llama3.2": Installed(capabilities=("completion", "tools")),
    "qwen3": Installed(
        capabilities=("completion", "tools", "thinking"),
        window=40_960,
        family="qwen3",
        thinks_unasked=True,
    ),
    "gpt-oss": Installed(
        capabilities=("completion", "tools", "thinking"), family="gptoss", thinks_unasked=True
    ),
    "gemma3": Installed(capabilities=("completion", "vision"), family="gemma3"),
    "nomic-embed-text": Installed(capabilities=("embedding",), window=2048, family="nomic-bert"),
}

ANY = Installed(capabilities=("completion", "tools", "vision", "thinking"))


def installed(name: str) -> Installed:
    """Return what the model of this name can do."""
    return FAMILIES.get(name.partition(":")[0], ANY)
