"""The providers that the new program knows without configuration.

A thin client may not import the daemon, so this repeats a part of its table; a test compares the
two.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Vendor:
    """A built-in provider; `env` are the variables that may hold its key."""

    kind: str
    base_url: str
    env: tuple[str, ...]
    needs_key: bool = True


VENDORS: dict[str, Vendor] = {
    "anthropic": Vendor("anthropic", "https://api.anthropic.com", ("ANTHROPIC_API_KEY",)),
    "openai": Vendor("openai", "https://api.openai.com/v1", ("OPENAI_API_KEY",)),
    "gemini": Vendor(
        "gemini",
        "https://generativelanguage.googleapis.com/v1beta",
        ("GOOGLE_API_KEY", "GEMINI_API_KEY"),
    ),
    "openrouter": Vendor("openrouter", "https://openrouter.ai/api/v1", ("OPENROUTER_API_KEY",)),
    "ollama": Vendor("ollama", "http://127.0.0.1:11434", (), needs_key=False),
}

RENAMED = {"claude": "anthropic", "google": "gemini"}
"""Name in the earlier aircher -> name in this one."""
