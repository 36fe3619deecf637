"""The rows of the list and their groups.

Without a filter: favourites, recent models, aliases, then the providers, those that can answer now
first and those that need a sign-in last. With a filter: a provider of exactly this name that needs
a sign-in, what matches, best first, and then what matches and needs a sign-in. A row is in one
group only, so that its name identifies it.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.picker.view.facts import FactReader, Facts, is_old, read_model
from aircher_cli.picker.view.limits import left_text, limits_of, short_wait
from aircher_cli.picker.view.marks import Mark as Mark  # noqa: PLC0414 -- part of this interface
from aircher_cli.picker.view.matching import ABOUT, PROVIDER, SQUEEZED, Query, searchable
from aircher_cli.picker.view.ordering import sort_facts
from aircher_cli.picker.view.preferences import Preferences
from aircher_cli.picker.view.states import LiveStates, State
from aircher_cli.values import Map, text

MAX_MATCHES = 200
"""Rows that a filter returns; the rest is counted, since another letter narrows it down."""
MAX_ROWS = 1000
"""Rows without a filter; the rest is counted."""


@dataclass(frozen=True)
class Row:
    """One line of the list: an alias or a model of a provider.

    Attributes:
        name: What `-m` takes: the alias, or `provider/model`. No two rows have the same.
        kind: Which of the two.
        provider: The provider; of an alias the one that would answer now, or else the first.
        model: The model's name at the provider; of an alias that of the same route.
        title: The model's display name, if it has one.
        mark: Its state.
        window: In tokens, None if unknown.
        price: "$3/$15" per million tokens of input and output, "free", or "?".
        abilities: Words such as "tools" and "images".
        left: What is left of budgets and rate limits, such as "82%"; empty if nothing limits it. Of
            a row that answers later, when: "in 45 min".
        chain: The names that would be tried, in order; for a model without a fallback only itself.
        is_default: Whether a request without a model uses it.
        is_favourite: Whether the user marked it.
        is_folded: Whether it is shown only with "all models" or a filter that names it.
        latency: Seconds to the first output, as measured in the last hour, None if not measured.
        released: "2025-09-29" or "2025-09", empty if unknown.
        chats: Whether it can be chosen; not for example a model for embeddings.
        matched: The characters of `name` that the filter matched.
    """

    name: str
    kind: Literal["alias", "model"]
    provider: str
    model: str
    mark: Mark
    title: str = ""
    window: int | None = None
    price: str = "?"
    price_key: tuple[float, ...] = ()
    abilities: tuple[str, ...] = ()
    left: str = ""
    chain: tuple[str, ...] = field(default=())
    is_default: bool = False
    is_favourite: bool = False
    is_folded: bool = False
    latency: float | None = None
    released: str = ""
    chats: bool = True
    matched: tuple[int, ...] = ()


@dataclass(frozen=True)
class Group:
    """Rows under one heading; `folded` is the number of rows that are left out of `rows`.

    `key` is "favourites", "recent", "aliases", "matches", "unavailable" or the provider's name,
    which is in `provider` too. `why` says why the provider cannot answer, and is empty if it can.
    """

    title: str
    rows: tuple[Row, ...]
    mark: Mark | None = None
    folded: int = 0
    key: str = ""
    provider: str = ""
    why: str = ""


def build_groups(
    view: DaemonView,
    preferences: Preferences,
    now: float,
    *,
    all_models: bool = False,
    query: str = "",
    sort: str = "best",
) -> tuple[Group, ...]:
    """Return the groups to show.

    Args:
        view: What the daemon said.
        preferences: The user's favourites and recent models.
        now: Unix time in seconds.
        all_models: Whether to show what is folded.
        query: What the user typed; empty shows everything.
        sort: One of `ordering.SORTS`.
    """
    listing = _Listing(view, preferences, now)
    prepared = Query(query)
    if prepared:
        return listing.matching(prepared, sort, all_models=all_models)
    return listing.grouped(sort, all_models=all_models)


_reader = FactReader()


class _Listing:
    """One view of the daemon as rows. Nothing is kept but for the time of one call."""

    def __init__(self, view: DaemonView, preferences: Preferences, now: float) -> None:
        self._view = view
        self._now = now
        self._today = date(*time.localtime(now)[:3])
        self._preferences = preferences
        self._states = LiveStates(view, now)
        self._facts, self._search = _reader.read(view)
        self._favourites = frozenset(preferences.favourites)
        self._query: Query | None = None
        self._answering: dict[str, Map] = {}
        self._room = MAX_ROWS
        self._by_name: dict[str, Facts] | None = None
        self._aliases: dict[str, Facts] = {}

    # -------------------------------------------------------------- without a filter

    def grouped(self, sort: str, *, all_models: bool) -> tuple[Group, ...]:
        """Return all groups."""
        by_name = {facts.name: facts for facts in self._facts}
        self._by_name = by_name
        favourites = _named(by_name, self._preferences.favourites)
        rest = [name for name in self._preferences.recent if name not in self._favourites]
        recent = _named(by_name, rest)
        taken = {facts.name for facts in (*favourites, *recent)}
        others = [facts for facts in self._facts if facts.name not in taken]
        aliases = sort_facts([self._current(f) for f in others if f.kind == "alias"], sort)
        groups = [
            self._group(Group("Favourites", (), key="favourites"), favourites),
            self._group(Group("Recent", (), key="recent"), recent),
            self._group(Group("Aliases", (), key="aliases"), aliases),
        ]
        models = [facts for facts in others if facts.kind == "model"]
        providers = self._provider_groups(models, sort, all_models=all_models)
        return (*(group for group in groups if group.rows), *providers)

    def _group(self, group: Group, facts: Sequence[Facts], folded: int = 0) -> Group:
        """Return a group with rows, as far as there is room; the others are counted."""
        shown = facts[: self._room]
        self._room -= len(shown)
        return replace(group, rows=self._rows(shown), folded=folded + len(facts) - len(shown))

    def _provider_groups(
        self, models: list[Facts], sort: str, *, all_models: bool
    ) -> Iterator[Group]:
        """Yield the providers: those that answer now, then troubled ones, then those to set up."""
        found: dict[str, list[Facts]] = {name: [] for name in self._states.provider_names()}
        for facts in models:
            found.setdefault(facts.provider, []).append(facts)
        for name in sorted(found, key=self._provider_rank):
            yield self._provider_group(name, found[name], sort, all_models=all_models)

    def _provider_rank(self, name: str) -> int:
        mark = self._states.provider(name).mark
        return 0 if mark.answers else 2 if mark.is_folded else 1

    def _provider_group(
        self, name: str, models: list[Facts], sort: str, *, all_models: bool
    ) -> Group:
        state = self._states.provider(name)
        shown = models if all_models else self._unfolded(models, state)
        why = "" if state.mark.answers else state.why
        group = Group(name, (), state.mark, key=name, provider=name, why=why)
        return self._group(group, sort_facts(shown, sort), len(models) - len(shown))

    def _unfolded(self, models: list[Facts], state: State) -> list[Facts]:
        """Return the models to show: none without a sign-in, else those worth choosing.

        Old models are shown if the provider has no others, as a local server may.
        """
        if state.mark.is_folded:
            return [facts for facts in models if facts.is_default]
        chatting = [facts for facts in models if facts.chats or facts.is_default]
        return [facts for facts in chatting if not self._is_folded(facts)] or chatting

    def _is_folded(self, facts: Facts) -> bool:
        if facts.is_default or facts.kind == "alias":
            return False
        return not facts.chats or is_old(facts.released, self._today)

    # -------------------------------------------------------------- with a filter

    def matching(self, query: Query, sort: str, *, all_models: bool) -> tuple[Group, ...]:
        """Return what matches: first what can be used, then what needs a sign-in."""
        self._query = query
        named = [name for name in self._closed_providers() if query.is_word(name)]
        scores = query.close_scores(self._search) or query.letters_scores(self._search)
        usable: list[tuple[int, int]] = []
        closed: list[tuple[int, int]] = []
        for score, at in scores:
            facts = self._facts[at]
            # A folded model has to be named: "tools" is not meant to find all old models.
            if score <= ABOUT and facts.chats is False:
                continue
            if not self._state(facts).mark.is_folded:
                usable.append((score, at))
            elif facts.provider not in named or facts.kind == "alias":
                closed.append((score, at))
        shown = self._best(usable, sort, MAX_MATCHES)
        below = self._best(closed, sort, MAX_MATCHES - len(shown))
        groups = (
            *(self._named_provider(name, sort, all_models=all_models) for name in named),
            Group("Matches", self._rows(shown), None, len(usable) - len(shown), "matches"),
            Group(
                "Not available yet",
                self._rows(below),
                None,
                len(closed) - len(below),
                "unavailable",
            ),
            *self._empty_providers(query, named),
        )
        return tuple(group for group in groups if group.rows or group.folded or group.provider)

    def _closed_providers(self) -> list[str]:
        """Return the providers that need a sign-in or the like before anything can be chosen."""
        names = self._states.provider_names()
        return [name for name in names if self._states.provider(name).mark.is_folded]

    def _named_provider(self, name: str, sort: str, *, all_models: bool) -> Group:
        """Return the group of a provider that the user typed in full."""
        models = [each for each in self._facts if each.kind == "model" and each.provider == name]
        return self._provider_group(name, models, sort, all_models=all_models)

    def _empty_providers(self, query: Query, named: Sequence[str]) -> Iterator[Group]:
        """Yield the providers that match and have no models, such as a refused entry."""
        others = {facts.provider for facts in self._facts if facts.kind == "model"}.union(named)
        for name in self._states.provider_names():
            if name not in others and query.close_scores([searchable(name)]):
                yield self._provider_group(name, [], "best", all_models=True)

    def _best(self, scores: list[tuple[int, int]], sort: str, most: int) -> list[Facts]:
        """Return the best rows; `sort` orders those that are shown."""
        ranked = sorted(scores, key=self._match_rank)[:most]
        return sort_facts([self._current(self._facts[at]) for _, at in ranked], sort)

    def _match_rank(self, scored: tuple[int, int]) -> tuple[bool | int, ...]:
        """Return the order of matches: exact names, word starts, then what answers, by score.

        Among equals come favourites, then aliases, then the newest models of each provider.
        """
        score, at = scored
        facts = self._facts[at]
        is_exact = score >= PROVIDER
        return (
            not is_exact,
            not is_exact and self._is_folded(facts),
            score < SQUEEZED,
            not self._state(facts).mark.answers,
            -score,
            facts.name not in self._favourites,
            facts.kind != "alias",
            at,
        )

    # -------------------------------------------------------------- rows

    def _rows(self, facts: Iterable[Facts]) -> tuple[Row, ...]:
        return tuple(self._row(each) for each in facts)

    def _row(self, facts: Facts) -> Row:
        facts = self._current(facts)
        state = self._states.model(facts.provider, facts.model)
        is_closed = self._states.provider(facts.provider).mark.is_folded
        return Row(
            name=facts.name,
            kind=facts.kind,
            provider=facts.provider,
            model=facts.model,
            mark=state.mark,
            title=facts.title,
            window=facts.window,
            price=facts.price,
            price_key=facts.price_key,
            abilities=facts.abilities,
            left=self._left(facts, state),
            chain=facts.routes,
            is_default=facts.is_default,
            is_favourite=facts.name in self._favourites,
            is_folded=is_closed or self._is_folded(facts),
            latency=facts.latency,
            released=facts.released,
            chats=facts.chats,
            matched=self._query.positions(facts.name) if self._query else (),
        )

    def _left(self, facts: Facts, state: State) -> str:
        """Return what is left of the tightest limit, or when the row answers again."""
        if not state.mark.answers:
            return "" if state.until is None else short_wait(state.until - self._now)
        limits, key = self._view.limits, self._answering.get(facts.provider)
        if key is None:
            key = self._answering[facts.provider] = self._states.answering_key(facts.provider)
        if not limits and "rate_limit" not in key:
            return ""
        applying = limits_of(limits, facts.provider, text(key.get("key")), facts.model)
        return left_text(applying, key, self._now)

    def _state(self, facts: Facts) -> State:
        current = self._current(facts)
        return self._states.model(current.provider, current.model)

    # -------------------------------------------------------------- aliases

    def _current(self, facts: Facts) -> Facts:
        """Return the facts with the figures of the route that would answer now."""
        if facts.kind == "model":
            return facts
        if facts.name not in self._aliases:
            provider, model = self._current_route(facts.routes)
            figures = self._figures(provider, model)
            self._aliases[facts.name] = facts._replace(
                provider=provider,
                model=model,
                window=figures.window,
                price=figures.price,
                price_key=figures.price_key,
                abilities=figures.abilities,
                released=figures.released,
                latency=figures.latency,
            )
        return self._aliases[facts.name]

    def _current_route(self, names: Sequence[str]) -> tuple[str, str]:
        """Return the first provider and model that can answer, or else the best one."""
        routes = [(head, rest) for head, _, rest in (name.partition("/") for name in names)]
        answering = (r for r in routes if self._states.model(*r).mark.answers)
        best = min(routes, key=lambda route: self._states.model(*route).mark.rank)
        return next(answering, best)

    def _figures(self, provider: str, model: str) -> Facts:
        """Return the facts of a model; nothing but its name is known if it is on no list."""
        if self._by_name is None:
            self._by_name = {facts.name: facts for facts in self._facts}
        found = self._by_name.get(f"{provider}/{model}")
        return found or read_model({"provider": provider, "model": model})


def all_rows(groups: Sequence[Group]) -> list[Row]:
    """Return the rows of all groups in their order."""
    return [row for group in groups for row in group.rows]


def _named(by_name: dict[str, Facts], names: Sequence[str]) -> list[Facts]:
    return [by_name[name] for name in dict.fromkeys(names) if name in by_name]
