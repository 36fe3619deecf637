"""Read `[clients.NAME]` and `[protect]`: what clients may do."""

import os
from collections.abc import Callable
from functools import partial
from typing import Any, cast, get_args

from aircherd.config.model import REPAIR, UNVERIFIED, ClientRights, Protection, Role
from aircherd.config.problems import (
    BadValue,
    ProblemCollector,
    path_text,
    unknown_provider_value,
)
from aircherd.config.secret_detection import could_be_key, key_message
from aircherd.config.section import Section
from aircherd.config.toml.locate import KeyPath
from aircherd.config.values import read_choice, read_list, read_table, read_text, type_name
from aircherd.vocabulary.hosts import is_pattern, pattern_problem

SECTION = Section("[clients.NAME]", ("allow", "program", "providers", "confirm"))
PROTECT = Section("[protect]", ("sign_in", "sign_out", "shutdown", "config", "timeout", "desktop"))

ONLY_REPAIR = ClientRights(allow=(REPAIR,))
"""The rights of an invalid section: they are for a daemon that starts with an invalid file."""
NOTHING_ALLOWED = Protection(sign_in=(), sign_out=(), shutdown=(), config=())

CONFIRM = "confirm"
MIN_TIMEOUT = 5.0
"""Seconds: less is not enough to read a question."""
MAX_TIMEOUT = 600.0
MAX_NAME = 200


def read_clients(
    report: ProblemCollector, entries: dict[str, object], providers: list[str]
) -> dict[str, ClientRights]:
    """Return the rights by the name of the client; `providers` has the names of all providers.

    Those of a section with a problem are `ONLY_REPAIR`. A name that may be a key is not kept: then
    all clients without a section have these.
    """
    found: dict[str, ClientRights] = {}
    for name, value in entries.items():
        before = report.count
        rights = _read_client(report, name, value, providers)
        found[name] = rights if report.count == before else ONLY_REPAIR
    kept = {name: rights for name, rights in found.items() if not could_be_key(name)}
    return kept if len(kept) == len(found) else {**kept, "*": ONLY_REPAIR}


def _read_client(
    report: ProblemCollector, name: str, value: object, providers: list[str]
) -> ClientRights:
    path: KeyPath = ("clients", name)
    bad = _name_problem(name, value)
    if bad is not None:
        report.add_bad(path, bad)
        return ONLY_REPAIR
    table = report.read(path, value, read_table) or {}
    fields: dict[str, Any] = {}
    for field, entry in report.known_entries(SECTION, path, table):
        here = (*path, field)
        if field in ("allow", "providers"):
            one = _read_role if field == "allow" else partial(_read_provider, providers)
            fields[field] = _read_names(report, here, entry, one)
        else:
            fields[field] = report.read(here, entry, _READERS[field])
    if "none" in (allow := fields.get("allow", ())) and len(allow) > 1:
        report.add((*path, "allow"), 'has "none" besides other roles', "leave one of them out")
    if fields.get("program") is not None and (name == "*" or is_pattern(name)):
        report.add((*path, "program"), "binds no name", "use it in a section with a client's name")
    found = {name: value for name, value in fields.items() if value is not None}
    return ClientRights(**found)


def _name_problem(name: str, value: object) -> BadValue | None:
    if could_be_key(name):
        return BadValue(key_message(None))
    if not isinstance(value, dict):
        return BadValue(
            f"must be a section, not {type_name(value)}", "write [clients.NAME] above its entries"
        )
    if not (name.isprintable() and name.strip() and len(name) <= MAX_NAME):
        return BadValue(
            "is not the name of a client", "`aircher-cli usage --by client` shows names"
        )
    if problem := pattern_problem(name):
        return BadValue(*problem)
    if name.startswith(UNVERIFIED):
        return BadValue(
            "is a name that clients get which take another one's",
            'they have the rights of [clients."*"]',
        )
    return None


def read_protection(
    report: ProblemCollector, table: dict[str, object], clients: list[str]
) -> Protection:
    """Return `[protect]`; `clients` has the names of the sections of clients.

    What an invalid entry protects is kept from all clients; so is all with a name that is unknown.
    """
    fields: dict[str, Any] = {}
    known = list(report.known_entries(PROTECT, ("protect",), table))
    for field, entry in known:
        path: KeyPath = ("protect", field)
        before = report.count
        if field in _PROTECT_READERS:
            found = report.read(path, entry, _PROTECT_READERS[field])
            fields.update({} if found is None else {field: found})
            continue
        if isinstance(entry, str):
            fields[field] = report.read(path, entry, partial(read_choice, choices=(CONFIRM,)))
        else:
            fields[field] = _read_names(report, path, entry, partial(_read_client_name, clients))
        if report.count > before:
            fields[field] = ()
    return Protection(**fields) if len(known) == len(table) else NOTHING_ALLOWED


def _read_names(
    report: ProblemCollector, path: KeyPath, value: object, one: Callable[[object], str]
) -> tuple[str, ...]:
    names = report.read(path, value, read_list) or []
    return tuple(dict.fromkeys(report.read_all(path, names, one)))


def _read_role(value: object) -> Role:
    return cast("Role", read_choice(value, get_args(Role)))


def _read_provider(known: list[str], value: object) -> str:
    name = read_text(value)
    if name not in known:
        raise unknown_provider_value(name, known)
    return name


def _read_client_name(known: list[str], value: object) -> str:
    name = read_text(value)
    if name == "*" or is_pattern(name):
        raise BadValue("is no client", "to let all clients do it, leave the entry out")
    if name not in known:
        section = path_text(("clients", name))
        raise BadValue("has no section of its own", f"add [{section}], with its program to be safe")
    return name


def _read_program(value: object) -> str:
    path = os.path.expanduser(read_text(value))  # noqa: PTH111 -- a text
    if not path.startswith("/"):
        raise BadValue("must be an absolute path", 'write "/usr/bin/nvim"; `which nvim` shows it')
    return path


def _read_flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise BadValue(f"must be true or false, not {type_name(value)}")
    return value


def _read_timeout(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadValue(f"must be a number of seconds, not {type_name(value)}", "write 30")
    if not MIN_TIMEOUT <= value <= MAX_TIMEOUT:  # false for nan, too
        raise BadValue(f"must be from {MIN_TIMEOUT:g} to {MAX_TIMEOUT:g} seconds")
    return float(value)


_PROTECT_READERS: dict[str, Callable[[object], object]] = {
    "timeout": _read_timeout,
    "desktop": _read_flag,
}
_READERS: dict[str, Callable[[object], object]] = {
    "program": _read_program,
    "confirm": _read_flag,
}
