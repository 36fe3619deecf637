"""Read an old configuration of either form, or of both in one file."""

from aircher_cli.commands.migrate.notes import problem
from aircher_cli.commands.migrate.old_files.config_a import (
    note_provider_fields,
    read_form_a,
    read_provider_a,
)
from aircher_cli.commands.migrate.old_files.config_b import (
    choose_default,
    read_form_b,
    read_provider_b,
)
from aircher_cli.commands.migrate.old_files.old_config import (
    REPLACED,
    OldConfig,
    OldProvider,
    Reader,
)
from aircher_cli.commands.migrate.old_files.toml_text import Parsed, parse_toml
from aircher_cli.commands.migrate.secret_shapes import safe
from aircher_wire.config_forms import form_of


def read_old_config(data: bytes, file: str) -> OldConfig:
    """Read a file; `form` says what it is, and only the old forms have values."""
    return config_of(parse_toml(data, file), file)


def config_of(parsed: Parsed, file: str) -> OldConfig:
    """Return the values of a parsed file."""
    config = OldConfig(file, is_partial=parsed.is_partial, notes=list(parsed.notes))
    config.form = form_of(parsed.table)
    if config.form not in ("a", "b", "a and b"):
        return config
    top = Reader(parsed.table, "", config)
    providers = top.section("providers")
    for name, reader in providers.sections():
        if REPLACED in name:
            message = "its name contains bytes that are not UTF-8; it is not carried over"
            config.notes.append(problem("[providers]", message, file))
            continue
        provider = OldProvider(name, base_url=reader.text("base_url").strip())
        read_provider_a(reader, provider)
        read_provider_b(reader, provider)
        config.providers[name] = provider
    if "a" in config.form.split():
        read_form_a(top, config)
        note_provider_fields(providers, config)
    if "b" in config.form.split():
        choose_default(config)
        read_form_b(top, config)
    config.notes = list(dict.fromkeys(config.notes))
    _note_unknown(top, config)
    return config


_KNOWN = frozenset(
    {
        *("global", "providers", "hosts", "ui", "database", "intelligence", "cost"),
        *("multi_provider", "compaction", "model_routing", "embedding", "search", "session"),
    }
)


def _note_unknown(top: Reader, config: OldConfig) -> None:
    for name in top.table:
        if name not in _KNOWN:
            message = "the earlier aircher had no such section"
            config.notes.append(problem(f"[{safe(name)}]", message, config.file))
