"""Makes the rows of the list: the facts of a model with its state now.

An alias has the state and the figures of the route that would answer now.
"""

import time
from collections.abc import Iterable, Sequence
from datetime import date

from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.picker.view.limits import left_text, limits_of, short_wait
from aircher_cli.picker.view.listing.matching import Query
from aircher_cli.picker.view.listing.model_facts import FREE, Facts, is_old, read_model
from aircher_cli.picker.view.listing.rows import Row
from aircher_cli.picker.view.states.live_states import LiveStates
from aircher_cli.picker.view.states.table import State
from aircher_cli.values import Map, split_model, text


class RowMaker:
    """Makes rows of one view at the Unix time `now`; `facts` are those of the whole list."""

    def __init__(
        self,
        view: DaemonView,
        states: LiveStates,
        facts: Sequence[Facts],
        favourites: frozenset[str],
        now: float,
    ) -> None:
        self._view = view
        self._states = states
        self._facts = facts
        self._favourites = favourites
        self._now = now
        self._today = date(*time.localtime(now)[:3])
        self._answering: dict[tuple[str, str], Map] = {}
        self._by_name: dict[str, Facts] | None = None
        self._aliases: dict[str, Facts] = {}

    @property
    def by_name(self) -> dict[str, Facts]:
        """Name -> facts; made when it is first used, since a filter rarely needs it."""
        if self._by_name is None:
            self._by_name = {facts.name: facts for facts in self._facts}
        return self._by_name

    def is_folded(self, facts: Facts) -> bool:
        """Tell whether a row is rarely wanted: an old model, or one that does not chat."""
        if facts.is_default or facts.kind == "alias":
            return False
        return not facts.chats or is_old(facts.released, self._today)

    def rows(self, facts: Iterable[Facts], query: Query | None) -> tuple[Row, ...]:
        """Return the rows, with what a filter matched in their names."""
        return tuple(self._row(each, query) for each in facts)

    def _row(self, facts: Facts, query: Query | None) -> Row:
        facts = self.current(facts)
        state = self._states.model(facts.provider, facts.model, facts.label)
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
            is_folded=is_closed or self.is_folded(facts),
            latency=facts.latency,
            released=facts.released,
            chats=facts.chats,
            matched=query.positions(facts.name) if query else (),
            label=facts.label,
        )

    def _left(self, facts: Facts, state: State) -> str:
        """Return what is left of the tightest limit, or when the row answers again."""
        if not state.mark.answers:
            return "" if state.until is None else short_wait(state.until - self._now)
        wanted = (facts.provider, facts.label)
        limits, key = self._view.limits, self._answering.get(wanted)
        if key is None:
            key = self._answering[wanted] = self._states.answering_key(*wanted)
        if not limits and "rate_limit" not in key:
            return ""
        name, is_free = text(key.get("key")), facts.price == FREE
        applying = limits_of(limits, facts.provider, name, facts.model, is_free=is_free)
        return left_text(applying, key, self._now)

    def state(self, facts: Facts) -> State:
        """Return the state; of an alias that of the route that would answer now."""
        current = self.current(facts)
        return self._states.model(current.provider, current.model, current.label)

    # -------------------------------------------------------------- aliases

    def current(self, facts: Facts) -> Facts:
        """Return the facts with the figures of the route that would answer now."""
        if facts.kind == "model":
            return facts
        if facts.name not in self._aliases:
            provider, label, model = self._current_route(facts.routes)
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
                label=label,
            )
        return self._aliases[facts.name]

    def _current_route(self, names: Sequence[str]) -> tuple[str, str, str]:
        """Return provider, label and model of the first route that can answer, or of the best."""
        routes = [split_model(name) for name in names]
        marks = [self._states.model(each[0], each[2], each[1]).mark for each in routes]
        answering = (route for route, mark in zip(routes, marks, strict=True) if mark.answers)
        best = min(range(len(routes)), key=lambda at: marks[at].rank)
        return next(answering, routes[best])

    def _figures(self, provider: str, model: str) -> Facts:
        """Return the facts of a model; nothing but its name is known if it is on no list."""
        found = self.by_name.get(f"{provider}/{model}")
        return found or read_model({"provider": provider, "model": model})
