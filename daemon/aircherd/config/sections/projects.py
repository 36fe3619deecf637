"""Read `[projects."FOLDER"]`: what requests from a folder use."""

import os
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from aircherd.config.model import Project
from aircherd.config.problems import BadValue, ProblemCollector, did_you_mean
from aircherd.config.secret_detection import could_be_key, is_key_name, key_message
from aircherd.config.section import Section
from aircherd.config.sections.models import read_model_name
from aircherd.config.toml.locate import KeyPath
from aircherd.config.values import read_label, read_table, read_text, type_name

SECTION = Section('[projects."FOLDER"]', ("model", "task", "key"))

FOLDER = r"(/|~(/|$)).*"
"""An absolute path, or one below the home directory."""

_SYNTAX = 'write [projects."~/src/acme"] above its entries'


def read_projects(
    report: ProblemCollector,
    entries: dict[str, object],
    providers: list[str],
    aliases: list[str],
    tasks: list[str],
) -> dict[str, Project]:
    """Return the projects by the names in the file; those with an invalid name are left out."""
    readers: dict[str, Callable[[object], object]] = {
        "model": partial(read_model_name, providers, aliases),
        "task": partial(_read_task, tasks),
        "key": read_label,
    }
    projects: dict[str, Project] = {}
    by_folder: dict[str, str] = {}
    for name, value in entries.items():
        path: KeyPath = ("projects", name)
        bad = _name_problem(name, value)
        if bad is None and by_folder.setdefault(folder := real_folder(name), name) != name:
            bad = BadValue("is the same folder as another entry", "keep one of the two")
        if bad is not None:
            report.add_bad(path, bad)
            continue
        table = report.read(path, value, read_table) or {}
        fields: dict[str, Any] = {
            field: report.read((*path, field), entry, readers[field])
            for field, entry in report.known_entries(SECTION, path, table)
        }
        projects[name] = Project(folder=folder, **fields)
    return projects


def real_folder(name: str) -> str:
    """Return the absolute path without links: the kernel gives clients theirs in this form."""
    return os.path.realpath(os.path.expanduser(name))  # noqa: PTH111 - Path("~") raises without HOME


def _name_problem(name: str, value: object) -> BadValue | None:
    if is_key_name(name) or (could_be_key(name) and "/" not in name):
        return BadValue(key_message(None))
    if not isinstance(value, Mapping):
        return BadValue(f"must be a section, not {type_name(value)}", _SYNTAX)
    if not re.fullmatch(FOLDER, name) or not name.isprintable():
        return BadValue("is not the path of a folder", "begin it with / or ~/, in quotes")
    return None


def _read_task(known: list[str], value: object) -> str:
    name = read_text(value).strip()
    if name not in known:
        raise BadValue(
            "is not a task: write the name of a [tasks.NAME] section",
            partial(did_you_mean, name, [each for each in known if not could_be_key(each)]),
        )
    return name
