"""The pane for one row: its state, keys, limits and costs, who would answer now, and the facts."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.picker.view.here import model_asked
from aircher_cli.picker.view.limits import is_full, limits_of
from aircher_cli.picker.view.listing.model_facts import FREE
from aircher_cli.picker.view.listing.rows import Row
from aircher_cli.picker.view.pane.cures import cure_text
from aircher_cli.picker.view.pane.texts import (
    candidate_text,
    error_text,
    latency_text,
    limit_text,
    price_fields,
    rate_text,
    repeats,
    skip_text,
    spend_text,
    tokens_text,
    wait_text,
)
from aircher_cli.picker.view.sane_values import finite, moment
from aircher_cli.picker.view.states.live_states import LiveStates, explain_link
from aircher_cli.picker.view.states.table import State
from aircher_cli.picker.view.wrapping import clean, hanging, labelled
from aircher_cli.render.bars import gauge
from aircher_cli.render.formatting import (
    ago,
    format_percent,
    format_time,
)
from aircher_cli.render.layout import Line
from aircher_cli.render.limits import WARN_FROM
from aircher_cli.values import Map, as_map, records, text, texts, without_label

COLUMN = 8
"""Cells of the labels."""

MAX_SKIPPED = 8
"""Skipped candidates that are listed; a chain may have dozens."""

NO_KEYS: Mapping[str, str] = {}

MAX_BAR = 20

MAX_SHARE = 9.99
"""A limit can be exceeded by what was reserved, but a larger share is a mistake."""


def detail_lines(
    view: DaemonView,
    row: Row,
    explained: Map | None,
    now: float,
    width: int,
    *,
    keys: Mapping[str, str] = NO_KEYS,
    has_unicode: bool = True,
) -> list[Line]:
    """Return the lines of the pane; none is wider than `width`.

    Args:
        view: What the daemon said.
        row: The selected row.
        explained: The result of `route.explain` for it, `{"error": text}` if there is none, None
            while it is being fetched.
        now: Unix time in seconds, for countdowns.
        width: The pane's columns.
        keys: Action -> the name of its key, for what to do; without one the command is named.
        has_unicode: Whether the terminal can show blocks.
    """
    pane = _Pane(view, row, now, width, keys=keys, has_unicode=has_unicode)
    return _joined(
        pane.head(explained),
        pane.state(),
        pane.chain(explained),
        pane.keys(),
        pane.last_error(),
        pane.limits(),
        pane.spending(),
        pane.facts(),
    )


def provider_lines(
    view: DaemonView,
    provider: str,
    now: float,
    width: int,
    *,
    keys: Mapping[str, str] = NO_KEYS,
    has_unicode: bool = True,
) -> list[Line]:
    """Return the lines about a provider as a whole, for a line that stands for it.

    The arguments are those of `detail_lines`.
    """
    state = LiveStates(view, now).provider(provider)
    row = Row(provider, "model", provider, "", state.mark)
    pane = _Pane(view, row, now, width, keys=keys, has_unicode=has_unicode)
    return _joined(pane.state(), pane.keys(), pane.last_error(), pane.limits(), pane.spending())


def _joined(*sections: Iterable[Line]) -> list[Line]:
    """Return the lines of all sections, with an empty line between two."""
    lines: list[Line] = []
    for section in sections:
        found = list(section)
        lines += [[("", "")], *found] if lines and found else found
    return [[(clean(piece), style) for piece, style in line] for line in lines]


class _Pane:
    """The sections of the pane. Each is empty if there is nothing to say."""

    def __init__(
        self,
        view: DaemonView,
        row: Row,
        now: float,
        width: int,
        *,
        keys: Mapping[str, str],
        has_unicode: bool,
    ) -> None:
        self._view = view
        self._row = row
        self._now = now
        self._width = width
        self._keys_of_picker = keys
        self._has_unicode = has_unicode
        self._states = LiveStates(view, now)
        self._key = self._states.answering_key(row.provider, row.label)
        self._state = self._states.model(row.provider, row.model, row.label)

    # -------------------------------------------------------------- the state

    def head(self, explained: Map | None) -> Iterator[Line]:
        row, here = self._row, self._view.here
        yield from hanging(row.name, self._width, style="bold")
        if row.title:
            yield from hanging(row.title, self._width)
        notes = ["the default model"] * row.is_default + ["a favourite"] * row.is_favourite
        asked, source = model_asked(here, self._view.tasks)
        if asked and row.name in {asked, without_label(asked)}:
            notes.append(f"what requests from here ask ({source})")
        if row.kind == "alias":
            notes.append(self._alias_note(explained))
        elif here.key and self._needs_key():
            notes.append(f"from here only with the key {here.key} ({here.key_from})")
        if not row.chats:
            notes.append("does not chat, so it cannot be chosen")
        if notes:
            yield from hanging("; ".join(notes), self._width, style="dim")

    def _alias_note(self, explained: Map | None) -> str:
        """Return which route the pane is about: the list cannot know all that may skip one."""
        row = self._row
        route = f"{row.provider}/{row.model}"
        with_key = f" with the key {row.label}" if row.label else ""
        for first in records((explained or {}).get("candidates"))[:1]:
            if (first.get("provider"), first.get("model")) != (row.provider, row.model):
                return f"an alias; state, keys and limits are those of {route}{with_key}"
        return f"an alias, now {route}{with_key}"

    def _needs_key(self) -> bool:
        rows = (row for row, _ in self._states.keys(self._row.provider))
        return any(row.get("state") != "not_required" for row in rows)

    def state(self) -> Iterator[Line]:
        if link := explain_link(self._view):
            yield from self._state_lines(link)
        yield from self._state_lines(self._state)

    def _state_lines(self, state: State) -> Iterator[Line]:
        mark = state.mark
        yield from hanging(f"{mark.symbol} {mark.word}: {state.why}", self._width, style=mark.style)
        if state.until is not None and not mark.answers:
            when = wait_text(mark.word, state.until, self._now)
            yield from hanging(when, self._width, indent="  ", style=mark.style)
        if state.advice:
            yield from hanging(self._cure(state.advice), self._width)

    def _cure(self, advice: str) -> str:
        return f"→ {cure_text(advice, self._keys_of_picker)}"

    # -------------------------------------------------------------- keys

    def keys(self) -> Iterator[Line]:
        found = [each for each in self._states.keys(self._row.provider) if each[0].get("key")]
        for row, state in found:
            yield from self._key_lines(row, state)
            # The state of an only key is the provider's, which is above.
            if len(found) > 1 and not state.mark.answers:
                yield from self._field("", state.why)
                yield from self._field("", self._cure(state.advice) if state.advice else "")
            if (hint := text(row.get("hint"))) and state.mark.answers and hint != state.advice:
                yield from self._field("", self._cure(hint), "dim")

    def _key_lines(self, row: Map, state: State) -> Iterator[Line]:
        name = " ".join(filter(None, [text(row.get("key")), text(row.get("masked"))]))
        mark = state.mark
        yield from self._field("key", f"{mark.symbol} {name}", mark.style)
        yield from self._field("", f"{mark.word}, from the {text(row.get('source'))}")
        if (at := moment(row.get("checked_at"))) is not None:
            yield from self._field("checked", ago(at, self._now))
        if (since := moment(row.get("failing_since"))) is not None:
            yield from self._field("failing", f"since {format_time(since, self._now)}")
        if shadowed := texts(row.get("shadowed")):
            yield from self._field("hides", ", ".join(shadowed))
        for rate in records(row.get("rate_limit")):
            yield from self._field("rate", rate_text(rate, self._now))

    def last_error(self) -> Iterator[Line]:
        error = as_map(self._view.last_errors.get(self._row.provider))
        if not error:
            return
        at = moment(error.get("at"))
        when = f"{ago(at, self._now)}: " if at is not None else ""
        about = {"provider": self._row.provider, **error}
        if repeats(text(error.get("message")), self._state.why):
            about.pop("message")
        yield from self._field("error", when + error_text(about), "warn")

    # -------------------------------------------------------------- limits and costs

    def limits(self) -> Iterator[Line]:
        key = text(self._key.get("key"))
        row = self._row
        is_free = row.price == FREE
        for limit in limits_of(self._view.limits, row.provider, key, row.model, is_free=is_free):
            share = min(max(finite(limit.get("share")) or 0.0, 0.0), MAX_SHARE)
            style = "bad" if is_full(limit) else "warn" if share >= WARN_FROM else "good"
            yield from hanging(f"limit {text(limit.get('limit'))}", self._width)
            bar = gauge(share, min(MAX_BAR, self._width - 8), has_unicode=self._has_unicode)
            yield [("  ", ""), (bar, style), (f" {format_percent(share):>4}", style)]
            yield from hanging(limit_text(limit, self._now), self._width, indent="  ", style="dim")

    def spending(self) -> Iterator[Line]:
        provider = self._row.provider
        where = ", on this machine" if self._view.is_in_fleet else ""
        spans = (("today", self._view.spend_today), ("month", self._view.spend_month))
        for label, spent in spans:
            if found := as_map(spent.get(provider)):
                yield from self._field(label, f"{spend_text(found)}{where}")

    # -------------------------------------------------------------- the chain

    def chain(self, explained: Map | None) -> Iterator[Line]:
        if explained is None:
            if len(self._row.chain) > 1:
                yield from self._field("chain", " → ".join(self._row.chain))
            return
        if error := text(explained.get("error")):
            # Of one model, its state has said why and what to do.
            if len(self._row.chain) < 2 and not self._state.mark.answers:
                return
            yield from self._field("now", error, "warn")
            return
        candidates, skipped = (records(explained.get(name)) for name in ("candidates", "skipped"))
        yield from self._answering(candidates)
        for each in islice(skipped, MAX_SKIPPED):
            yield from self._field("skipped", skip_text(each, self._now), "dim")
        if len(skipped) > MAX_SKIPPED:
            yield from self._field("", f"and {len(skipped) - MAX_SKIPPED} more", "dim")

    def _answering(self, candidates: list[Map]) -> Iterator[Line]:
        if not candidates:
            yield from self._field("now", "no provider can answer", "warn")
        for at, each in enumerate(candidates[:MAX_SKIPPED]):
            label = "now" if at == 0 else "then"
            yield from self._field(label, candidate_text(each), "" if at else "good")
            if why := text(each.get("why")):
                yield from self._field("", why, "dim")

    # -------------------------------------------------------------- facts

    def facts(self) -> Iterator[Line]:
        row, model = self._row, self._model()
        for label, value in (
            ("window", "" if row.window is None else f"{row.window:,} tokens"),
            ("output", tokens_text(model.get("max_output"))),
            *price_fields(as_map(model.get("prices"))),
            ("can", ", ".join(row.abilities)),
            ("speed", latency_text(row.latency)),
            ("released", row.released),
        ):
            if value:
                yield from self._field(label, value)

    def _model(self) -> Map:
        wanted = (self._row.provider, self._row.model)
        rows = (
            each
            for each in self._view.models
            if (each.get("provider"), each.get("model")) == wanted
        )
        return next(rows, {})

    def _field(self, label: str, value: str, style: str = "") -> list[Line]:
        if not value:
            return []
        column = min(COLUMN + 1, self._width // 2)
        return labelled(label[: column - 1], value, self._width, column=column, style=style)
