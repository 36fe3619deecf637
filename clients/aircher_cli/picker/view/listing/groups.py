"""The groups of the list: which rows are shown, and in what order.

Without a filter: favourites, recent models, aliases, then the providers, those that can answer now
first and those that need a sign-in last. With a filter: a provider of exactly this name that needs
a sign-in, what matches, best first, and then what matches and needs a sign-in. A row is in one
group only, so that its name identifies it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.picker.view.listing.matching import ABOUT, PROVIDER, SQUEEZED, Query, searchable
from aircher_cli.picker.view.listing.model_facts import FactReader, Facts
from aircher_cli.picker.view.listing.ordering import sort_facts
from aircher_cli.picker.view.listing.row_maker import RowMaker
from aircher_cli.picker.view.listing.rows import Group, Row
from aircher_cli.picker.view.preferences import Preferences
from aircher_cli.picker.view.states.live_states import LiveStates
from aircher_cli.picker.view.states.table import State

MAX_MATCHES = 200
"""Rows that a filter returns; the rest is counted, since another letter narrows it down."""
MAX_ROWS = 1000
"""Rows without a filter; the rest is counted."""


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
        self._preferences = preferences
        self._states = LiveStates(view, now)
        self._facts, self._search = _reader.read(view)
        self._favourites = frozenset(preferences.favourites)
        self._maker = RowMaker(view, self._states, self._facts, self._favourites, now)
        self._query: Query | None = None
        self._room = MAX_ROWS

    # -------------------------------------------------------------- without a filter

    def grouped(self, sort: str, *, all_models: bool) -> tuple[Group, ...]:
        """Return all groups."""
        by_name = self._maker.by_name
        favourites = _named(by_name, self._preferences.favourites)
        rest = [name for name in self._preferences.recent if name not in self._favourites]
        recent = _named(by_name, rest)
        taken = {facts.name for facts in (*favourites, *recent)}
        others = [facts for facts in self._facts if facts.name not in taken]
        aliases = sort_facts([self._maker.current(f) for f in others if f.kind == "alias"], sort)
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
        return replace(
            group,
            rows=self._rows(shown),
            folded=folded + len(facts) - len(shown),
        )

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
        return [facts for facts in chatting if not self._maker.is_folded(facts)] or chatting

    # -------------------------------------------------------------- with a filter

    def matching(self, query: Query, sort: str, *, all_models: bool) -> tuple[Group, ...]:
        """Return what matches: first what can be used, then what needs a sign-in."""
        self._query = query
        named = [name for name in self._closed_providers() if query.is_word(name)]
        scores = (
            query.close_scores(self._search)
            or query.corrected_scores(self._search, _reader.words())
            or query.letters_scores(self._search)
        )
        usable: list[tuple[int, int]] = []
        closed: list[tuple[int, int]] = []
        for score, at in scores:
            facts = self._facts[at]
            # A folded model has to be named: "tools" is not meant to find all old models.
            if score <= ABOUT and facts.chats is False:
                continue
            if not self._maker.state(facts).mark.is_folded:
                usable.append((score, at))
            elif facts.provider not in named or facts.kind == "alias":
                closed.append((score, at))
        shown = self._best(usable, sort, MAX_MATCHES)
        below = self._best(closed, sort, MAX_MATCHES - len(shown))
        groups = (
            *(self._named_provider(name, sort, all_models=all_models) for name in named),
            Group(
                "Matches",
                self._rows(shown),
                None,
                len(usable) - len(shown),
                "matches",
            ),
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
        return sort_facts([self._maker.current(self._facts[at]) for _, at in ranked], sort)

    def _match_rank(self, scored: tuple[int, int]) -> tuple[bool | int, ...]:
        """Return the order of matches: exact names, word starts, then what answers, by score.

        Among equals come favourites, then aliases, then the newest models of each provider.
        """
        score, at = scored
        facts = self._facts[at]
        is_exact = score >= PROVIDER
        return (
            not is_exact,
            not is_exact and self._maker.is_folded(facts),
            score < SQUEEZED,
            not self._maker.state(facts).mark.answers,
            -score,
            facts.name not in self._favourites,
            facts.kind != "alias",
            at,
        )

    def _rows(self, facts: Iterable[Facts]) -> tuple[Row, ...]:
        return self._maker.rows(facts, self._query)


def _named(by_name: dict[str, Facts], names: Sequence[str]) -> list[Facts]:
    return [by_name[name] for name in dict.fromkeys(names) if name in by_name]
