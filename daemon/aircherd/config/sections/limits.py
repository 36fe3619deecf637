"""Read `[[limits]]`: how much of what may be used within a window."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, cast, get_args

import msgspec

from aircherd.config.model import AMOUNTS, Limit, Per, Provider, Route
from aircherd.config.problems import BadValue, ProblemCollector, unknown_provider_value
from aircherd.config.secret_detection import key_message, looks_like_key
from aircherd.config.section import Section
from aircherd.config.sections.projects import FOLDER, real_folder
from aircherd.config.toml.locate import KeyPath
from aircherd.config.values import read_choice, read_label, read_text, type_name
from aircherd.vocabulary.hosts import pattern_problem

SECTION = Section(
    "[[limits]]",
    (
        "provider",
        "key",
        "model",
        "client",
        "project",
        "requests",
        "tokens",
        "usd",
        "per",
        "warn_at",
        "scope",
    ),
)

MAX_COUNT = 10**15
"""Requests or tokens: more than can be used in a month."""
MAX_USD = 1_000_000_000
MAX_SHARED_USD = 9_000_000
"""The engine adds up nano-USD in doubles, which are exact below 2**53: 9,007,199 USD."""
SCOPES = ("shared", "local")

_USD = re.compile(r"[0-9]{1,10}(\.[0-9]{1,9})?")
_USD_EXAMPLE = 'write 5.0 or "5.00", with at most 9 decimals'
_SYNTAX = "write [[limits]] above its entries, once for each limit"


def read_limits(
    report: ProblemCollector,
    value: object,
    providers: Mapping[str, Provider],
    known: list[str],
    aliases: list[str],
    *,
    has_fleet: bool,
) -> tuple[Limit, ...]:
    """Return the valid limits in the file's order.

    `known` has the names of all providers, including those whose own entry is invalid. With
    `[shared]` the machine `has_fleet`, and limits are shared unless they say otherwise.
    """
    if not isinstance(value, list):
        report.add(("limits",), f"must be a list of sections, not {type_name(value)}", _SYNTAX)
        return ()
    reader = _LimitReader(report, providers, known, aliases, has_fleet)
    found = [(number, reader.read(number, entry)) for number, entry in enumerate(value)]
    limits = [(number, limit) for number, limit in found if limit is not None]
    _report_duplicates(report, limits)
    return tuple(limit for _, limit in limits)


class _LimitReader:
    """Reads the entries one by one."""

    def __init__(
        self,
        report: ProblemCollector,
        providers: Mapping[str, Provider],
        known: list[str],
        aliases: list[str],
        has_fleet: bool,
    ) -> None:
        self._report = report
        self._providers = providers
        self._known = known
        self._aliases = aliases
        self._has_fleet = has_fleet
        self._readers = {
            **_READERS,
            "provider": self._provider,
            "model": self._model,
            "scope": self._scope,
        }

    def read(self, number: int, value: object) -> Limit | None:
        """Return the limit, or None after reporting at least one problem."""
        path: KeyPath = ("limits", number)
        if not isinstance(value, dict):
            self._report.add(path, f"must be a section, not {type_name(value)}", _SYNTAX)
            return None
        fields: dict[str, Any] = {
            name: self._report.read((*path, name), entry, self._readers[name])
            for name, entry in self._report.known_entries(SECTION, path, value)
        }
        for name, bad in self._missing(value):
            self._report.add_bad((*path, *name), bad)
        # An invalid field is None: without it, the limit would not be the intended one.
        if "per" not in fields or None in fields.values():
            return None
        fields["is_shared"] = fields.pop("scope", self._has_fleet)
        return self._combine(path, Limit(**fields))

    def _missing(self, table: dict[str, object]) -> Iterator[tuple[tuple[str, ...], BadValue]]:
        """Yield what an entry lacks; nothing if a name is unknown, as it may just be misspelt."""
        if not all(name in SECTION.names for name in table):
            return
        if not any(amount in table for amount in AMOUNTS):
            yield (), BadValue("has no amount", "add requests = 100, tokens = 100000 or usd = 5.0")
        if "per" not in table:
            yield (), BadValue("has no per", f"add per = one of {_quoted(get_args(Per))}")

    def _combine(self, path: KeyPath, limit: Limit) -> Limit | None:
        """Return the limit with the provider of its model; report entries that conflict."""
        provider = limit.model.provider if limit.model else limit.provider
        if limit.provider not in (None, provider):
            self._report.add(
                (*path, "model"), "is a model of another provider", "remove one of the two lines"
            )
            return None
        found = self._providers.get(provider or "")
        if limit.key is not None and found is not None and not found.needs_key:
            self._report.add(
                (*path, "key"), "names a key of a provider that needs none", "remove the line"
            )
            return None
        if limit.is_shared and limit.usd is not None and limit.usd > MAX_SHARED_USD:
            self._report.add(
                (*path, "usd"),
                f"must be at most {MAX_SHARED_USD} where machines share it",
                'write a lower one, or scope = "local"',
            )
            return None
        return msgspec.structs.replace(limit, provider=provider)

    # -------------------------------------------------------------- single values

    def _provider(self, value: object) -> str:
        name = read_text(value)
        self._check_provider(name)
        return name

    def _model(self, value: object) -> Route:
        text = read_text(value)
        if text in self._aliases:
            raise BadValue(
                "is an alias: what is counted is provider/model",
                "write a limit for each of its routes, or one for a provider",
            )
        try:
            route = Route.parse(text)
        except ValueError:
            # Its message quotes the value.
            route = None
        if route is None:
            raise BadValue("must be of the form provider/model")
        if route.key is not None:
            raise BadValue("names a key", 'write the label as key = "..." beside the model')
        self._check_provider(route.provider)
        return route

    def _scope(self, value: object) -> bool:
        is_shared = read_choice(value, SCOPES) == "shared"
        if is_shared and not self._has_fleet:
            raise BadValue(
                "needs [shared]: the machines of a fleet count together by an engine",
                'add [shared] with url = "rediss://HOST", or remove the line',
            )
        return is_shared

    def _check_provider(self, name: str) -> None:
        if name not in self._known:
            raise unknown_provider_value(name, self._known)


def _read_client(value: object) -> str:
    text = read_text(value)
    if looks_like_key(text):
        raise BadValue(key_message(None))
    if problem := pattern_problem(text):
        raise BadValue(*problem)
    return text


def _read_project(value: object) -> str:
    text = read_text(value)
    return real_folder(text) if re.fullmatch(FOLDER, text) else text


def _read_count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadValue(f"must be a whole number, not {type_name(value)}", "write 100")
    if not 0 <= value <= MAX_COUNT:
        raise BadValue(f"must be from 0 to {MAX_COUNT}", "0 allows nothing")
    return value


def _read_usd(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise BadValue(f"must be an amount in USD, not {type_name(value)}", _USD_EXAMPLE)
    # The shortest text of a float is what was written in the file.
    text = value if isinstance(value, str) else format(Decimal(str(value)), "f")
    if not _USD.fullmatch(text):
        message = "must be 0 or more" if text.startswith("-") else "is not an amount in USD"
        raise BadValue(message, _USD_EXAMPLE)
    amount = Decimal(text)
    if amount > MAX_USD:
        raise BadValue(f"must be from 0 to {MAX_USD}", _USD_EXAMPLE)
    return amount


def _read_per(value: object) -> Per:
    return cast("Per", read_choice(value, get_args(Per)))


def _read_share(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise BadValue("must be greater than 0 and at most 1", "write 0.8 for 80 %")
    return float(value)


_READERS: dict[str, Any] = {
    **dict.fromkeys(("requests", "tokens"), _read_count),
    "usd": _read_usd,
    "per": _read_per,
    "key": read_label,
    "client": _read_client,
    "project": _read_project,
    "warn_at": _read_share,
}


# ------------------------------------------------------------------ the limits as a whole


def _report_duplicates(report: ProblemCollector, limits: list[tuple[int, Limit]]) -> None:
    """Report two limits on the same amount: only the user knows which of them was meant.

    One for the fleet and one for this machine are both meant.
    """
    first_with: dict[tuple[object, ...], int] = {}
    for number, limit in limits:
        for amount in limit.amounts:
            key = (limit.scope, limit.per, limit.is_shared, amount)
            first = first_with.setdefault(key, number)
            if first != number:
                report.add(
                    ("limits", number, amount),
                    f"is already limited in limits[{first}]",
                    "keep one of the two",
                )


def _quoted(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)
