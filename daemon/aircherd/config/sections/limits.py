"""Read `[[limits]]`: how much may be used in a span of time, by whom and of what."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import partial
from typing import Any, cast, get_args

import msgspec

from aircherd.config.model import AMOUNTS, Limit, Per, Provider, Route
from aircherd.config.problems import BadValue, ProblemCollector, did_you_mean
from aircherd.config.schema import LIMIT, NAMES, known_entries
from aircherd.config.secret_detection import is_key_like, is_opaque, key_message
from aircherd.config.toml.locate import KeyPath
from aircherd.config.values import read_choice, read_text, type_name

MAX_COUNT = 10**15
"""Requests or tokens: more than anybody uses in a month."""
MAX_USD = 1_000_000_000

_USD = re.compile(r"[0-9]{1,10}(\.[0-9]{1,9})?")
_LABEL = re.compile(r"(env:)?[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_USD_EXAMPLE = 'write 5.0 or "5.00", with at most 9 decimals'
_FORM = "write [[limits]] above its entries, once for each limit"


def read_limits(
    report: ProblemCollector,
    value: object,
    providers: Mapping[str, Provider],
    known: list[str],
    aliases: list[str],
) -> tuple[Limit, ...]:
    """Return the limits in the file's order, without those that have a problem.

    `known` has the names of all providers, those whose own entry has a problem too.
    """
    if not isinstance(value, list):
        report.add(("limits",), f"must be a list of sections, not {type_name(value)}", _FORM)
        return ()
    reader = _LimitReader(report, providers, known, aliases)
    found = [(number, reader.read(number, entry)) for number, entry in enumerate(value)]
    limits = [(number, limit) for number, limit in found if limit is not None]
    _note_doubles(report, limits)
    return tuple(limit for _, limit in limits)


class _LimitReader:
    """Reads one entry after the other."""

    def __init__(
        self,
        report: ProblemCollector,
        providers: Mapping[str, Provider],
        known: list[str],
        aliases: list[str],
    ) -> None:
        self._report = report
        self._providers = providers
        self._known = known
        self._aliases = aliases
        self._readers = {**_READERS, "provider": self._provider, "model": self._model}

    def read(self, number: int, value: object) -> Limit | None:
        """Return the limit, or None after noting at least one problem."""
        path: KeyPath = ("limits", number)
        if not isinstance(value, dict):
            self._report.add(path, f"must be a section, not {type_name(value)}", _FORM)
            return None
        entries = known_entries(self._report, LIMIT, path, value)
        fields: dict[str, Any] = {
            name: self._report.read((*path, name), given, self._readers[name])
            for name, given in entries
        }
        for name, bad in self._missing(value):
            self._report.add_bad((*path, *name), bad)
        # What had a problem is None: without it, it would be another limit than was meant.
        if "per" not in fields or None in fields.values():
            return None
        return self._together(path, Limit(**fields))

    def _missing(self, table: dict[str, object]) -> Iterator[tuple[tuple[str, ...], BadValue]]:
        """Yield what an entry lacks, from its names alone; one of them may only be misspelt."""
        if not all(name in NAMES[LIMIT] for name in table):
            return
        if not any(amount in table for amount in AMOUNTS):
            yield (), BadValue("has no amount", "add requests = 100, tokens = 100000 or usd = 5.0")
        if "per" not in table:
            yield (), BadValue("has no per", f"add per = one of {_listed(get_args(Per))}")
        if "key" in table and "provider" not in table and "model" not in table:
            yield ("key",), BadValue("names a key without its provider", "add provider = ...")

    def _together(self, path: KeyPath, limit: Limit) -> Limit | None:
        """Return the limit with the provider of its model; note what holds alone, not together."""
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
        self._check_provider(route.provider)
        return route

    def _check_provider(self, name: str) -> None:
        if name not in self._known:
            shown = [known for known in self._known if not is_opaque(known)]
            raise BadValue(
                "names a provider that does not exist", partial(did_you_mean, name, shown)
            )


def _read_key(value: object) -> str:
    text = read_text(value)
    if is_opaque(text):
        raise BadValue(key_message(None), "key takes the label of a key, as auth status shows it")
    if not _LABEL.fullmatch(text):
        raise BadValue("is not the label of a key", "`aircher-cli auth status` shows the labels")
    return text


def _read_client(value: object) -> str:
    text = read_text(value)
    if is_key_like(text):
        raise BadValue(key_message(None))
    return text


def _read_count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadValue(f"must be a whole number, not {type_name(value)}", "write 100")
    if not 0 <= value <= MAX_COUNT:
        raise BadValue(f"must be from 0 to {MAX_COUNT}", "0 allows nothing")
    return value


def _read_usd(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise BadValue(f"must be an amount in USD, not {type_name(value)}", _USD_EXAMPLE)
    # By way of its shortest text a float is what was written.
    text = value if isinstance(value, str) else format(Decimal(str(value)), "f")
    if not _USD.fullmatch(text):
        what = "must be from 0" if text.startswith("-") else "is not an amount in USD"
        raise BadValue(what, _USD_EXAMPLE)
    amount = Decimal(text)
    if amount > MAX_USD:
        raise BadValue(f"must be from 0 to {MAX_USD}", _USD_EXAMPLE)
    return amount


def _read_per(value: object) -> Per:
    return cast("Per", read_choice(value, get_args(Per)))


def _read_share(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise BadValue("must be a share above 0 and up to 1", "write 0.8 for four fifths")
    return float(value)


_READERS: dict[str, Any] = {
    **dict.fromkeys(("requests", "tokens"), _read_count),
    "usd": _read_usd,
    "per": _read_per,
    "key": _read_key,
    "client": _read_client,
    "warn_at": _read_share,
}


# ------------------------------------------------------------------ the limits as a whole


def _note_doubles(report: ProblemCollector, limits: list[tuple[int, Limit]]) -> None:
    """Note two amounts for one and the same thing: which of them was meant only the user knows."""
    taken: dict[tuple[object, ...], int] = {}
    for number, limit in limits:
        for amount in limit.amounts:
            thing = (limit.scope, limit.per, amount)
            first = taken.setdefault(thing, number)
            if first != number:
                report.add(
                    ("limits", number, amount),
                    f"is limited for the same already in limits[{first}]",
                    "keep one of the two",
                )


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)
