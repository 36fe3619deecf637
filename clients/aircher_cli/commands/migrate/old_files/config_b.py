"""Form B: the configuration of one day in July 2025, with keys in plain text."""

from aircher_cli.commands.migrate.notes import Note
from aircher_cli.commands.migrate.old_files.old_config import OldConfig, OldProvider, Reader

STORED_MARKER = "(in the keyring: see aircher-cli auth status)"
"""Replaces a key in the backup once it is stored elsewhere. It cannot be a key: it has spaces."""

NO_COUNTERPART: dict[str, str] = {
    "embedding": "this program makes no embeddings",
    "search": "this program does not search in code",
    "ui": "this program has no interface with such settings",
    "session": "this program keeps no conversations",
}
"""Section -> why there is nothing like it."""


def read_form_b(top: Reader, config: OldConfig) -> None:
    """Read the sections of form B into `config`; its providers are read by `read_provider_b`."""
    for section, reason in NO_COUNTERPART.items():
        if section in top.table:
            config.notes.append(Note("no_counterpart", f"[{section}]", reason, config.file))


def read_provider_b(reader: Reader, provider: OldProvider) -> None:
    """Read the fields that a provider has in form B."""
    provider.api_key = reader.text("api_key").strip()
    provider.default_model = reader.text("default_model")
    provider.is_enabled = reader.flag("enabled") is not False


def choose_default(config: OldConfig) -> None:
    """Choose the default provider as the program did: claude, else the first that is usable."""
    if config.default_provider:
        chosen = config.providers.get(config.default_provider)
    else:
        usable = [p for p in config.providers.values() if p.is_enabled and _is_usable(p)]
        chosen = next((p for p in usable if p.name == "claude"), next(iter(usable), None))
    if chosen is None:
        return
    config.default_provider = chosen.name
    config.default_model = config.default_model or chosen.default_model


def _is_usable(provider: OldProvider) -> bool:
    return bool(provider.api_key) or provider.name == "ollama"
