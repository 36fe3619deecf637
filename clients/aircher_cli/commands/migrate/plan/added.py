"""What the configuration in use says already: providers that the user added by hand, the default.

The report tells the user to add a provider that this program does not know. The next run finds the
entry here, and stores the key for the server that it names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aircher_cli.commands.migrate.plan.config_text import header
from aircher_cli.commands.migrate.plan.key_source import PLAIN_HTTP
from aircher_cli.commands.migrate.plan.sections import Section
from aircher_cli.commands.migrate.plan.urls import can_carry_key
from aircher_cli.commands.migrate.plan.vendors import VENDORS

NO_KEY_WANTED = 'its entry has auth = "none"'
_COMMENT = "Added by hand, and kept."
_FIELDS = ("kind", "base_url", "env", "auth", "api", "key_command", "max_tokens_field")


@dataclass(frozen=True)
class AddedProvider:
    """A provider that only the configuration in use has an entry for."""

    kind: str
    base_url: str
    section: Section
    variables: tuple[str, ...] = ()
    no_key_reason: str | None = None


@dataclass(frozen=True)
class InUse:
    """The part of the configuration in use that decides what else is to do.

    `lost_keys` are the old names of providers with a key that cannot be read.
    """

    providers: Mapping[str, AddedProvider] = field(default_factory=dict)
    default_model: str = ""
    lost_keys: Sequence[str] = ()


def read_in_use(table: Mapping[str, object]) -> InUse:
    """Return what a configuration of this program has; `table` is its content."""
    entries = table.get("providers")
    found = {
        name: added
        for name, entry in (entries.items() if isinstance(entries, dict) else ())
        if name not in VENDORS and (added := _added(name, entry)) is not None
    }
    default = table.get("default_model")
    return InUse(found, default if isinstance(default, str) else "")


def _added(name: str, entry: object) -> AddedProvider | None:
    if not isinstance(entry, dict) or not isinstance(url := entry.get("base_url"), str):
        return None
    kind, variable = entry.get("kind"), entry.get("env")
    section = Section(header("providers", name), comments=[_COMMENT])
    for each in _FIELDS:
        value = entry.get(each)
        if isinstance(value, str):
            section.add(each, value)
        elif (texts := _texts(value)) is not None:
            section.add(each, texts)
    reason = PLAIN_HTTP if not can_carry_key(url) else None
    return AddedProvider(
        kind if isinstance(kind, str) else "openai",
        url,
        section,
        (variable,) if isinstance(variable, str) else (),
        NO_KEY_WANTED if entry.get("auth") == "none" else reason,
    )


def _texts(value: object) -> list[str] | None:
    is_list = isinstance(value, list) and all(isinstance(each, str) for each in value)
    return list(value) if is_list and isinstance(value, list) else None
