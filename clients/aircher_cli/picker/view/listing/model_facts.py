"""What rarely changes while the picker is open: names, windows, prices, abilities, dates.

A list has thousands of models, and the picker shows a screenful. So the facts of each model are
read again only if its own row changed, and a `Row` is made only of what is shown.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Literal, NamedTuple

from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.picker.view.listing.matching import Searchable, known_words, searchable
from aircher_cli.picker.view.listing.release_order import by_version, estimated_days
from aircher_cli.picker.view.sane_values import amount, finite, is_name
from aircher_cli.render.models.table import ABILITIES, UNKNOWN, format_price
from aircher_cli.values import Map, as_map, split_model, text, texts, without_label

OLD_AFTER = timedelta(days=2 * 365)
"""Models released longer ago are folded."""

FREE = "free"
"""The price of a model that is known to cost nothing."""

PriceKey = tuple[float, ...]


class Facts(NamedTuple):
    """One alias or model. `routes` are names as requests have them, of a model only its own.

    An alias has no figures of its own: they are those of the route that would answer now. `label`
    is that of the only key that this route may use, empty for any.
    `price_key` is empty if the price is unknown, so that it can be sorted last.
    """

    name: str
    kind: Literal["alias", "model"]
    provider: str
    model: str
    title: str
    window: int | None
    price: str
    price_key: PriceKey
    abilities: tuple[str, ...]
    released: str
    chats: bool
    latency: float | None
    routes: tuple[str, ...]
    is_default: bool
    search: Searchable
    label: str = ""


class FactReader:
    """Reads the facts of one list after another; a model whose row is unchanged is not read again.

    Reading thousands of rows takes longer than everything else together, and an event changes few.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[object, object], tuple[Map, Facts]] = {}
        self._latest: tuple[DaemonView, list[Facts], list[Searchable]] | None = None
        self._words: set[str] | None = None

    def read(self, view: DaemonView) -> tuple[list[Facts], list[Searchable]]:
        """Return the facts of all aliases and models, each name once, and their texts to search.

        Aliases come first, in the daemon's order; then the models by provider, the newest first.
        Without a date a larger version counts as newer.
        """
        latest = self._latest
        if latest is None or not _has_same_list(latest[0], view):
            facts = self._read(view)
            latest = self._latest = (view, facts, [each.search for each in facts])
            self._words = None
        return latest[1], latest[2]

    def words(self) -> set[str]:
        """Return the words in the texts that `read` returned last."""
        if self._words is None:
            self._words = known_words(self._latest[2] if self._latest else ())
        return self._words

    def _read(self, view: DaemonView) -> list[Facts]:
        models: dict[str, Facts] = {}
        for facts in self._read_models(view.models):
            if is_name(facts.name) and facts.model:
                models.setdefault(facts.name, facts)
        aliases: dict[str, Facts] = {}
        for alias in view.aliases:
            facts = _of_alias(alias, models)
            if is_name(facts.name) and facts.routes:
                aliases.setdefault(facts.name, facts)
        default = _default_of(view, models, aliases)
        every = {**aliases, **{n: each for n, each in models.items() if n not in aliases}}
        return _newest_first(_marked(each, name == default) for name, each in every.items())

    def _read_models(self, rows: Iterable[Map]) -> list[Facts]:
        before = self._known
        known: dict[tuple[object, object], tuple[Map, Facts]] = {}
        for row in rows:
            name = row.get("provider"), row.get("model")
            if not (isinstance(name[0], str) and isinstance(name[1], str)):
                continue
            found = before.get(name)
            if found is None or (found[0] is not row and found[0] != row):
                found = row, read_model(row)
            known.setdefault(name, found)
        self._known = known
        return [facts for _, facts in known.values()]


def _marked(facts: Facts, is_default: bool) -> Facts:
    return facts if facts.is_default is is_default else facts._replace(is_default=is_default)


def _has_same_list(one: DaemonView, other: DaemonView) -> bool:
    is_same = one.models is other.models and one.aliases is other.aliases
    return is_same and one.default == other.default


def _newest_first(facts: Iterable[Facts]) -> list[Facts]:
    """Return aliases, then models by provider: what chats first, the newest first, then by name."""
    aliases: list[Facts] = []
    providers: dict[str, list[Facts]] = {}
    for each in facts:
        group = aliases if each.kind == "alias" else providers.setdefault(each.provider, [])
        group.append(each)
    return [*aliases, *(each for models in providers.values() for each in _sorted(models))]


def _sorted(models: list[Facts]) -> list[Facts]:
    """Return the models of one provider in order."""
    dates = {each.model: parse_date(each.released) for each in models}
    days: dict[str, float] = {model: day.toordinal() for model, day in dates.items() if day}
    undated = [model for model, day in dates.items() if day is None]
    days.update(estimated_days(days, undated))

    def order(facts: Facts) -> tuple[object, ...]:
        return not facts.chats, -days.get(facts.model, 0), by_version(facts.model)

    return sorted(models, key=order)


def _default_of(view: DaemonView, models: dict[str, Facts], aliases: dict[str, Facts]) -> str:
    """Return the name of the default row; a default that is a bare name is found by its mark."""
    if view.default in aliases or view.default in models:
        return view.default
    return next((name for name, facts in models.items() if facts.is_default), "")


# ------------------------------------------------------------------ models


def read_model(row: Map) -> Facts:
    """Return the facts of a row of `models.list`."""
    provider, model = text(row.get("provider")), text(row.get("model"))
    price, price_key = price_of(as_map(row.get("prices")))
    abilities = tuple(word for name, word in ABILITIES.items() if row.get(name) is True)
    title = printable(text(row.get("name")))
    name = f"{provider}/{model}"
    about = [*abilities, FREE] if price == FREE else abilities
    return Facts(
        name=name,
        kind="model",
        provider=provider,
        model=model,
        title="" if title == model else title,
        window=_count(row.get("window")),
        price=price,
        price_key=price_key,
        abilities=abilities,
        released=printable(text(row.get("released"))),
        chats=row.get("chats") is not False,
        latency=finite(row.get("latency_s")),
        routes=(name,),
        is_default=row.get("is_default") is True,
        search=searchable(name, title, " ".join(about)),
    )


def _count(value: object) -> int | None:
    found = finite(value)
    return int(found) if found is not None and found > 0 else None


def printable(title: str) -> str:
    """Return a text from outside without the characters that would disturb a line."""
    if title.isprintable():
        return title.strip()
    return "".join(each for each in title if each.isprintable()).strip()


def price_of(prices: Map) -> tuple[str, PriceKey]:
    """Return the price as "$3/$15" per million tokens, "free" or "?", and how to sort by it."""
    into, out = text(prices.get("input")), text(prices.get("output"))
    return _price_of(into, out, has_tiers=bool(prices.get("tiers")))


@lru_cache(maxsize=1024)
def _price_of(input_price: str, output_price: str, *, has_tiers: bool) -> tuple[str, PriceKey]:
    """Return a price and how to sort by it; few of thousands of models have one of their own.

    The order is that of three tokens of input for each of output, a usual mix.
    """
    into, out = amount(input_price or None), amount(output_price or None)
    known = [price for price in (into, out) if price is not None]
    if into is None or out is None or len(known) < 2:
        known_text = f"{format_price(into)}/{format_price(out)}" if known else UNKNOWN
        return known_text, ()
    if into == out == 0:
        return FREE, (0.0, 0.0, 0.0)
    blended = (3 * into + out) / Decimal(4)
    tiers = "+" if has_tiers else ""
    price_text = f"{format_price(into)}/{format_price(out)}{tiers}"
    return price_text, (float(blended), float(into), float(out))


# ------------------------------------------------------------------ aliases


def _of_alias(alias: Map, models: dict[str, Facts]) -> Facts:
    """Return the facts of an alias; it is found by the abilities of its first known route too."""
    routes = tuple(route for route in texts(alias.get("routes")) if is_name(route))
    names = [without_label(route) for route in routes]
    first = next((models[name] for name in names if name in models), None)
    abilities = " ".join(first.abilities) if first else ""
    name = text(alias.get("name"))
    provider, label, model = split_model(routes[0] if routes else "")
    return Facts(
        name=name,
        kind="alias",
        provider=provider,
        model=model,
        title="",
        window=None,
        price=UNKNOWN,
        price_key=(),
        abilities=(),
        released="",
        chats=True,
        latency=None,
        routes=routes,
        is_default=False,
        search=searchable(name, " ".join(names), abilities),
        label=label,
    )


# ------------------------------------------------------------------ dates


def is_old(released: str, today: date) -> bool:
    """Tell whether a model was released more than two years ago; an unknown date is not old."""
    found = parse_date(released)
    return found is not None and today - found > OLD_AFTER


@lru_cache(maxsize=4096)
def parse_date(released: str) -> date | None:
    """Return the date of "2025-09-29", "2025-09" or "2025"; None if it is unknown or invalid.

    A missing day or month counts as the last one, which is never too early.
    """
    parts = released.split("-")
    if not 1 <= len(parts) <= 3 or not all(part.isdecimal() for part in parts):
        return None
    year, month, day = (
        [*(int(part) for part in parts), 12, 28][:3]
        if len(parts) != 2
        else [int(parts[0]), int(parts[1]), 28]
    )
    try:
        return date(year, month, day)
    except ValueError:
        return None
