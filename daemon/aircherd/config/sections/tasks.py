"""Read `[tasks.NAME]`: presets for requests."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any, cast, get_args

from aircherd.config.model import Task
from aircherd.config.problems import BadValue, ProblemCollector
from aircherd.config.secret_detection import (
    could_be_key,
    is_key_name,
    key_message,
    looks_like_key,
)
from aircherd.config.section import Section
from aircherd.config.sections.models import read_model_name
from aircherd.config.toml.locate import KeyPath
from aircherd.config.values import read_choice, read_list, read_table, type_name
from aircherd.vocabulary.chat import MAX_OUTPUT_TOKENS, Effort
from aircherd.vocabulary.content.tools import WITHOUT_SETTINGS, ToolType

SECTION = Section(
    "[tasks.NAME]", ("model", "system", "temperature", "max_tokens", "reasoning", "tools")
)

MAX_TEMPERATURE = 2
"""No vendor accepts more."""

NAME = r"\w[\w.-]{0,63}"
"""A name that needs no quotes in a shell."""

_Readers = dict[str, Callable[[object], object]]

# Compiled when the first task is read: most files have none.
_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"


def read_tasks(
    report: ProblemCollector, entries: dict[str, object], providers: list[str], aliases: list[str]
) -> dict[str, Task]:
    """Return the tasks by name; those with an invalid name are left out."""
    readers: _Readers = {**_READERS, "model": partial(read_model_name, providers, aliases)}
    tasks = {name: _read_task(report, name, value, readers) for name, value in entries.items()}
    return {name: task for name, task in tasks.items() if task is not None}


def _read_task(
    report: ProblemCollector,
    name: str,
    value: object,
    readers: _Readers,
) -> Task | None:
    path: KeyPath = ("tasks", name)
    bad = _name_problem(name, value)
    if bad is not None:
        report.add_bad(path, bad)
        return None
    table = report.read(path, value, read_table) or {}
    fields: dict[str, Any] = {}
    for field, entry in report.known_entries(SECTION, path, table):
        if field == "tools":
            fields["tools"] = _read_tools(report, path, entry)
        else:
            fields[field] = report.read((*path, field), entry, readers[field])
    return Task(**fields)


def _name_problem(name: str, value: object) -> BadValue | None:
    if could_be_key(name) or (is_key_name(name) and not isinstance(value, dict)):
        return BadValue(key_message(None))
    if not isinstance(value, dict):
        return BadValue(
            f"must be a section, not {type_name(value)}", "write [tasks.NAME] above its entries"
        )
    if not re.fullmatch(NAME, name):
        return BadValue(
            "is not a valid task name",
            "use up to 64 letters, digits, '.', '_' and '-', starting with a letter or digit",
        )
    return None


def _read_tools(report: ProblemCollector, path: KeyPath, value: object) -> tuple[ToolType, ...]:
    path = (*path, "tools")
    names = report.read(path, value, read_list) or []
    return tuple(dict.fromkeys(report.read_all(path, names, _read_tool)))


def _read_tool(value: object) -> ToolType:
    return cast("ToolType", read_choice(value, WITHOUT_SETTINGS))


def _read_system(value: object) -> str:
    """Read a prompt, which may have several lines."""
    if not isinstance(value, str):
        raise BadValue(f"must be a string in quotes, not {type_name(value)}")
    if not value.strip():
        raise BadValue("is empty", "give it a value, or remove the line")
    if looks_like_key(value):
        raise BadValue(key_message(None))
    if re.search(_CONTROL, value):
        raise BadValue("contains a control character", "remove it")
    return value


def _read_temperature(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadValue(f"must be a number, not {type_name(value)}", "write 0.2")
    if not 0 <= value <= MAX_TEMPERATURE:  # false for nan, too
        raise BadValue(f"must be from 0 to {MAX_TEMPERATURE}")
    return float(value)


def _read_max_tokens(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadValue(f"must be a whole number of tokens, not {type_name(value)}", "write 4096")
    if not 1 <= value <= MAX_OUTPUT_TOKENS:
        raise BadValue(f"must be from 1 to {MAX_OUTPUT_TOKENS}")
    return value


def _read_effort(value: object) -> Effort:
    return cast("Effort", read_choice(value, get_args(Effort)))


_READERS: _Readers = {
    "system": _read_system,
    "temperature": _read_temperature,
    "max_tokens": _read_max_tokens,
    "reasoning": _read_effort,
}
