"""Find out what of an invalid file can be used: all of it but the entries with problems.

An entry is `[providers.NAME]`, `[models.NAME]`, `[catalog."PROVIDER/MODEL"]`, `[tasks.NAME]` or
`default_model`. It is refused as a whole, and so is every request that needs it. No request needs
`[daemon]`: instead of an invalid one, the defaults are used. A problem anywhere else leaves nothing
to use: without its `[[limits]]` or its `[network]`, a configuration would do what the user does not
want.

Imported for invalid files only.
"""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

from aircherd.config.model import Config, Daemon, Refused, RefusedEntry
from aircherd.config.problems import Problem, path_text
from aircherd.config.secret_detection import could_be_key
from aircherd.config.toml.locate import KeyPath

T = TypeVar("T")

SECTIONS = ("providers", "models", "catalog", "tasks")
"""Sections whose entries can be refused one by one."""


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


def _entry_of(path: KeyPath, data: Mapping[str, object]) -> KeyPath | None:
    """Return the path of the entry that a problem belongs to, None if it is outside of all."""
    if path == ("default_model",) or path[:1] == ("daemon",):
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
        refused=refused,
    )


def _others(entries: Mapping[str, T], refused: Mapping[str, RefusedEntry]) -> dict[str, T]:
    return {name: entry for name, entry in entries.items() if name not in refused}
