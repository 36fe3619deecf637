"""The built-in providers, one row each, and the supported kinds of API.

A *kind* is an API; a *vendor* is a provider of some kind that works without configuration.
Sources: the vendors' own SDKs and documentation, November 2026.
"""

import msgspec


class Vendor(msgspec.Struct, frozen=True, kw_only=True):
    """A provider that needs no configuration.

    `env` lists environment variables; the first one that is set is used. `default_model` is None if
    it depends on what is installed. `needs_key` is False for local servers. `keys_page` is the page
    where the vendor's users create keys.
    """

    name: str
    kind: str
    base_url: str
    env: tuple[str, ...]
    default_model: str | None
    needs_key: bool = True
    keys_page: str | None = None


# In the order in which they are tried without any configuration.
VENDORS: dict[str, Vendor] = {
    vendor.name: vendor
    for vendor in (
        Vendor(
            name="anthropic",
            kind="anthropic",
            base_url="https://api.anthropic.com",
            env=("ANTHROPIC_API_KEY",),
            default_model="claude-sonnet-5",
            keys_page="https://platform.claude.com/settings/keys",
        ),
        Vendor(
            name="openai",
            kind="openai",
            base_url="https://api.openai.com/v1",
            env=("OPENAI_API_KEY",),
            default_model="gpt-5.5",
            keys_page="https://platform.openai.com/api-keys",
        ),
        Vendor(
            name="gemini",
            kind="gemini",
            base_url="https://generativelanguage.googleapis.com/v1beta",
            env=("GOOGLE_API_KEY", "GEMINI_API_KEY"),
            default_model="gemini-3.8-flash",
            keys_page="https://aistudio.google.com/apikey",
        ),
        Vendor(
            name="openrouter",
            kind="openrouter",
            base_url="https://openrouter.ai/api/v1",
            env=("OPENROUTER_API_KEY",),
            default_model="openrouter/auto",
            keys_page="https://openrouter.ai/settings/keys",
        ),
        Vendor(
            name="ollama",
            kind="ollama",
            base_url="http://127.0.0.1:11434",
            env=(),
            default_model=None,
            needs_key=False,
        ),
    )
}

SOCKET = "socket"
"""The kind of a provider that is another daemon, called over a socket of this machine."""

KINDS: tuple[str, ...] = ("openai", "anthropic", "gemini", "openrouter", "ollama", SOCKET)
"""The supported values of `kind` in the configuration."""
