"""Recognise a configuration of the earlier, Rust program, which had the same path.

Loaded only for a file with problems. `aircher-cli migrate` has the same test; a test compares them.
"""

from aircherd.config.problems import WHOLE_FILE, Problem, config_error
from aircherd.errors import ConfigInvalid

_OLD_SECTIONS = frozenset(
    {
        "global",
        "hosts",
        "database",
        "intelligence",
        "cost",
        "multi_provider",
        "compaction",
        "embedding",
        "session",
    }
)
_OLD_FIELDS = frozenset({"api_key_env", "default_model"})
"""Fields of `[providers.NAME]`."""

_NEW_SECTIONS = frozenset(
    {
        "default_model",
        "models",
        "network",
        "catalog",
        "fallback",
        "limits",
        "usage",
        "tasks",
        "daemon",
    }
)
_NEW_FIELDS = frozenset(
    {
        "kind",
        "auth",
        "env",
        "key_command",
        "headers",
        "api",
        "max_tokens_field",
        "num_ctx",
        "fallback",
    }
)


def is_old_form(data: dict[str, object]) -> bool:
    """Return whether a parsed file has entries of the earlier program and none of this one."""
    providers = data.get("providers")
    entries = providers.values() if isinstance(providers, dict) else ()
    fields = {name for entry in entries if isinstance(entry, dict) for name in entry}
    is_old = bool(_OLD_SECTIONS & data.keys()) or bool(_OLD_FIELDS & fields)
    return is_old and not _NEW_SECTIONS & data.keys() and not _NEW_FIELDS & fields


def old_form_error(file: str) -> ConfigInvalid:
    """Return the problem of such a file, instead of one for each of its entries."""
    problem = Problem(
        file=file,
        line=WHOLE_FILE,
        path="",
        message="is a configuration of the earlier aircher",
        hint="carry it over: aircher-cli migrate",
    )
    return config_error(file, [problem])
