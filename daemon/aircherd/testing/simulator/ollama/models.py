"""The capabilities and context windows of the simulated Ollama's models, by name prefix.

Other models can do everything, and think only on request. On the real server, a model that can
think does so unless `think` is false.
"""

import msgspec


class Installed(msgspec.Struct, frozen=True, kw_only=True):
    """A model: its capabilities as named by `/api/tags`, and its trained context window."""

    capabilities: tuple[str, ...]
    window: int = 131_072
    family: str = "llama"
    thinks_unasked: bool = False

    def can(self, what: str) -> bool:
        """Return whether the model has this capability."""
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

ANY = Installed(capabilities=("completion", "tools", "vision", "audio", "thinking"))


def installed(name: str) -> Installed:
    """Return the model with this name."""
    return FAMILIES.get(name.partition(":")[0], ANY)
