"""Recognise by its content which program a configuration is for.

The earlier aircher's last `~/.aircher/config.toml` has the path of the new program's, so the place
says nothing. The daemon names `aircher-cli migrate` for exactly the files that it carries over.
"""

from collections.abc import Mapping
from typing import Literal

Form = Literal["a", "b", "a and b", "new", "both programs", "empty", "unknown"]
"""`a` and `b` are the two forms of the earlier aircher, of which one file may have both."""

_A_SECTIONS = frozenset(
    {"global", "hosts", "database", "intelligence", "cost", "multi_provider", "compaction"}
)
_B_SECTIONS = frozenset({"embedding", "session"})
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
        "auth",
        "daemon",
        "clients",
        "protect",
        "conversations",
        "http",
        "projects",
        "shared",
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
        "path",
    }
)

OLD_FORMS = frozenset({"a", "b", "a and b"})


def form_of(table: Mapping[str, object]) -> Form:
    """Return the form of a configuration."""
    if not table:
        return "empty"
    providers = table.get("providers")
    entries = providers.values() if isinstance(providers, dict) else ()
    fields = {name for entry in entries if isinstance(entry, dict) for name in entry}
    is_a = bool(_A_SECTIONS & table.keys()) or "api_key_env" in fields
    is_b = bool(_B_SECTIONS & table.keys()) or "default_model" in fields
    is_new = bool(_NEW_SECTIONS & table.keys()) or bool(_NEW_FIELDS & fields)
    if is_new:
        return "both programs" if is_a or is_b else "new"
    if is_a or is_b:
        return "a and b" if is_a and is_b else "a" if is_a else "b"
    return "new" if "base_url" in fields else "unknown"
