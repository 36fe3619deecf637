"""The values of an old configuration, whichever of the two forms it has."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aircher_cli.commands.migrate.notes import Note, problem
from aircher_cli.commands.migrate.old_files.toml_text import Table

T = TypeVar("T")

REPLACED = "\ufffd"
"""Stands for bytes that were not UTF-8."""


@dataclass(frozen=True)
class OldModel:
    """A model in a provider's list; prices in USD per million tokens. None if not given."""

    name: str
    window: int | None = None
    input_price: float | None = None
    output_price: float | None = None
    tools: bool | None = None


@dataclass
class OldProvider:
    """A `[providers.NAME]`. `api_key` is only in form B; empty texts mean not given."""

    name: str
    label: str = ""
    base_url: str = ""
    key_variable: str = ""
    has_variable: bool = False
    api_key: str = field(default="", repr=False)
    default_model: str = ""
    is_enabled: bool = True
    models: list[OldModel] = field(default_factory=list)


@dataclass(frozen=True)
class OldTask:
    """A `[multi_provider.task_preferences.NAME]`."""

    model: str
    temperature: float | None = None
    max_tokens: int | None = None
    system: str = ""


@dataclass
class OldConfig:
    """One file. `is_saved_whole` if the program wrote it, defaults included.

    `preferences` has the providers of a model, the preferred one first.
    """

    file: str
    form: str = ""
    is_partial: bool = False
    is_saved_whole: bool = False
    default_provider: str = ""
    default_model: str = ""
    providers: dict[str, OldProvider] = field(default_factory=dict)
    preferences: dict[str, list[str]] = field(default_factory=dict)
    tasks: dict[str, OldTask] = field(default_factory=dict)
    fallbacks: dict[str, list[str]] = field(default_factory=dict)
    strategy: str = ""
    max_cost_increase: float | None = None
    max_fallback_attempts: int | None = None
    monthly_budget: float | None = None
    daily_limit: float | None = None
    alert_threshold: float | None = None
    provider_limits: dict[str, float] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)


class Reader:
    """Takes values out of one table; what has another type is a problem and counts as missing."""

    def __init__(self, table: Table, path: str, config: OldConfig) -> None:
        self.table = table
        self.path = path
        self._config = config

    def text(self, name: str) -> str:
        """Return a string, empty if there is none."""
        value = self._read(name, _text, "a string")
        return value or ""

    def number(self, name: str) -> float | None:
        """Return a finite number."""
        return self._read(name, _number, "a number")

    def whole(self, name: str) -> int | None:
        """Return a whole number."""
        return self._read(name, _whole, "a whole number")

    def flag(self, name: str) -> bool | None:
        """Return true or false."""
        return self._read(name, _flag, "true or false")

    def texts(self, name: str) -> list[str]:
        """Return the strings of a list."""
        return self._read(name, _texts, "a list of strings") or []

    def section(self, name: str) -> "Reader":
        """Return a table within this one, an empty one if there is none."""
        table = self._read(name, _table, "a section") or {}
        return Reader(table, f"{self.path}.{name}".lstrip("."), self._config)

    def sections(self) -> Iterator[tuple[str, "Reader"]]:
        """Yield every table within this one."""
        for name in self.table:
            if self._read(name, _table, "a section") is not None:
                yield name, self.section(name)

    def entries(self, name: str) -> "list[Reader]":
        """Return the tables of a list."""
        found = self._read(name, _tables, "a list of sections") or []
        path = f"{self.path}.{name}".lstrip(".")
        return [Reader(table, path, self._config) for table in found]

    def _read(self, name: str, read: Callable[[object], T | None], what: str) -> T | None:
        if name not in self.table:
            return None
        value = self.table[name]
        found = read(value)
        if found is None:
            reason = (
                "contains bytes that are not UTF-8"
                if isinstance(value, str) and REPLACED in value
                else f"is not {what}"
            )
            subject = f"[{self.path}] {name}" if self.path else f"[{name}]"
            self._config.notes.append(
                problem(subject, f"{reason}; it is not carried over", self._config.file)
            )
        return found


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and REPLACED not in value else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 1e15 and math.isfinite(value) else None


def _whole(value: object) -> int | None:
    is_whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1e15
    return int(str(value)) if is_whole else None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _texts(value: object) -> list[str] | None:
    is_list = isinstance(value, list) and all(_text(entry) is not None for entry in value)
    return list(value) if is_list and isinstance(value, list) else None


def _table(value: object) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


def _tables(value: object) -> list[dict[str, Any]] | None:
    is_list = isinstance(value, list) and all(isinstance(entry, dict) for entry in value)
    return value if is_list and isinstance(value, list) else None
