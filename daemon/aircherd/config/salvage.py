"""Find out what of an invalid file can be used: all of it but the entries with problems.

An entry is `[providers.NAME]`, `[models.NAME]`, `[catalog."PROVIDER/MODEL"]`, `[tasks.NAME]` or
`default_model`. It is refused as a whole, and so is every request that needs it. No request needs
`[daemon]`, `[conversations]` or `[http]`: instead of an invalid one, the defaults are used, or
nothing is kept, or no port is open. A problem anywhere else leaves nothing to use: without its
`[[limits]]` or its `[network]`, a configuration would do what the user does not want.

What clients may do is used in any case, or they could do more than with a valid file: without any
good file, all clients may only look, and fix the file, if its roles are unknown.

Imported for invalid files only.
"""

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

from aircherd.config.model import (
    DEFAULT_CONFIG,
    NOTHING_PROTECTED,
    REPAIR,
    ClientRights,
    Config,
    Conversations,
    Daemon,
    Http,
    Refused,
    RefusedEntry,
)
from aircherd.config.problems import Problem, path_text
from aircherd.config.secret_detection import could_be_key
from aircherd.config.toml.locate import KeyPath

T = TypeVar("T")

SECTIONS = ("providers", "models", "catalog", "tasks")
"""Sections whose entries can be refused one by one."""
AS_A_WHOLE = ("daemon", "conversations", "http")
"""Sections that no request needs."""


def salvage(
    config: Config, data: Mapping[str, object], found: Sequence[tuple[KeyPath, Problem]]
) -> Config | None:
    """Return `config` without the entries that have problems; None if nothing can be used.

    Args:
        config: As it was read; the entries with problems may be missing, or incomplete.
        data: The parsed file.
        found: All problems of the file.
    """
    grouped: dict[KeyPath, list[Problem]] = {}
    for path, problem in found:
        entry = _entry_of(path, data)
        if entry is None:
            return None
        grouped.setdefault(entry, []).append(problem)
    return _without(config, {path: _refuse(path, problems) for path, problems in grouped.items()})


LOOK_AND_FIX = ClientRights(allow=("read", REPAIR))
"""The rights of all clients while their roles are unknown."""
ROLES = ("clients", "protect")
_BEGINS_ROLES = re.compile(r"""[\s\ufeff]*\[*\s*["']?(client|protect)""", re.IGNORECASE)


def roles_of(config: Config, data: Mapping[str, object], problem: str) -> Config:
    """Return the built-in configuration with the roles of a file that cannot be used.

    `config` is the file as it was read, `data` what was parsed, `problem` what is wrong.
    """
    wrong = [name for name in ROLES if not isinstance(data.get(name, {}), dict)]
    if wrong or any(_is_near_to_roles(name) for name in data):
        return _unknown_roles(problem)
    if not config.clients and config.protect == NOTHING_PROTECTED:
        return DEFAULT_CONFIG
    return msgspec.structs.replace(
        DEFAULT_CONFIG, clients=config.clients, protect=config.protect, roles_problem=problem
    )


def roles_of_text(text: str | None, problem: str) -> Config:
    """Return the same for a text that is not TOML; None is one that cannot be read."""
    if text is None or any(map(_BEGINS_ROLES.match, text.splitlines())):
        return _unknown_roles(problem)
    return DEFAULT_CONFIG


def _unknown_roles(problem: str) -> Config:
    return msgspec.structs.replace(
        DEFAULT_CONFIG, clients={"*": LOOK_AND_FIX}, roles_problem=problem
    )


def _is_near_to_roles(name: str) -> bool:
    return name not in ROLES and bool(difflib.get_close_matches(name.lower(), ROLES, n=1))


def _entry_of(path: KeyPath, data: Mapping[str, object]) -> KeyPath | None:
    """Return the path of the entry that a problem belongs to, None if it is outside of all."""
    if path == ("default_model",) or path[0] in AS_A_WHOLE:
        return path[:1]
    if len(path) < 2 or path[0] not in SECTIONS:
        return None
    section, name = data[path[0]], path[1]
    # Without a name, as in `[providers]` with `kind = ...` under it, the entry is not known. A name
    # that may be a key must not be kept.
    is_entry = isinstance(section, dict) and isinstance(section.get(name), dict)
    return path[:2] if is_entry and not could_be_key(str(name)) else None


def _refuse(path: KeyPath, problems: Sequence[Problem]) -> RefusedEntry:
    return RefusedEntry(path_text(path), tuple(sorted(problems, key=lambda each: each.line)))


def _without(config: Config, entries: Mapping[KeyPath, RefusedEntry]) -> Config:
    refused = Refused(
        default_model=entries.get(("default_model",)),
        daemon=entries.get(("daemon",)),
        conversations=entries.get(("conversations",)),
        http=entries.get(("http",)),
        **{
            section: {str(path[1]): entry for path, entry in entries.items() if path[0] == section}
            for section in SECTIONS
        },
    )
    return msgspec.structs.replace(
        config,
        providers=_others(config.providers, refused.providers),
        models=_others(config.models, refused.models),
        catalog=_others(config.catalog, refused.catalog),
        tasks=_others(config.tasks, refused.tasks),
        daemon=Daemon() if refused.daemon else config.daemon,
        # The user may have wanted that nothing is kept.
        conversations=Conversations(keep=False) if refused.conversations else config.conversations,
        http=Http() if refused.http else config.http,
        refused=refused,
    )


def _others(entries: Mapping[str, T], refused: Mapping[str, RefusedEntry]) -> dict[str, T]:
    return {name: entry for name, entry in entries.items() if name not in refused}
