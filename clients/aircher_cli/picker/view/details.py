"""The pane for one row: its state, keys, limits and costs, who would answer now, and the facts."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from aircher_cli.picker.view.cures import cure_text
from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.picker.view.limits import is_full, limits_of
from aircher_cli.picker.view.rows import Row
from aircher_cli.picker.view.sane_values import amount, finite, moment
from aircher_cli.picker.view.states import LiveStates, State, explain_link
from aircher_cli.picker.view.wrapping import clean, hanging, labelled
from aircher_cli.render.bars import gauge
from aircher_cli.render.formatting import (
    ago,
    count,
    describe_reason,
    format_duration,
    format_percent,
    format_time,
    relative_time,
)
from aircher_cli.render.layout import Line
from aircher_cli.render.limits import WARN_FROM
from aircher_cli.render.models.table import format_price, format_tokens, full_name
from aircher_cli.render.money import format_usd
from aircher_cli.values import Map, as_map, records, text, texts

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
        pane.head(),
        pane.state(),
        pane.keys(),
        pane.last_error(),
        pane.limits(),
        pane.spending(),
        pane.chain(explained),
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
        self._key = self._states.answering_key(row.provider)
        self._state = self._states.model(row.provider, row.model)

    # -------------------------------------------------------------- the state

    def head(self) -> Iterator[Line]:
        row = self._row
        yield from hanging(row.name, self._width, style="bold")
        if row.title:
            yield from hanging(row.title, self._width)
        notes = ["the default model"] * row.is_default + ["a favourite"] * row.is_favourite
        if row.kind == "alias":
            notes.append(f"an alias, now {row.provider}/{row.model}")
        if not row.chats:
            notes.append("does not chat, so it cannot be chosen")
        if notes:
            yield from hanging("; ".join(notes), self._width, style="dim")

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
        if _repeats(text(error.get("message")), self._state.why):
            about.pop("message")
        yield from self._field("error", when + error_text(about), "warn")

    # -------------------------------------------------------------- limits and costs

    def limits(self) -> Iterator[Line]:
        key = text(self._key.get("key"))
        row = self._row
        for limit in limits_of(self._view.limits, row.provider, key, row.model):
            share = min(max(finite(limit.get("share")) or 0.0, 0.0), MAX_SHARE)
            style = "bad" if is_full(limit) else "warn" if share >= WARN_FROM else "good"
            yield from hanging(f"limit {text(limit.get('limit'))}", self._width)
            bar = gauge(share, min(MAX_BAR, self._width - 8), has_unicode=self._has_unicode)
            yield [("  ", ""), (bar, style), (f" {format_percent(share):>4}", style)]
            yield from hanging(limit_text(limit, self._now), self._width, indent="  ", style="dim")

    def spending(self) -> Iterator[Line]:
        provider = self._row.provider
        spans = (("today", self._view.spend_today), ("month", self._view.spend_month))
        for label, spent in spans:
            if found := as_map(spent.get(provider)):
                yield from self._field(label, spend_text(found))

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
            ("output", _tokens(model.get("max_output"))),
            *_prices(as_map(model.get("prices"))),
            ("can", ", ".join(row.abilities)),
            ("speed", "" if row.latency is None else f"{row.latency:.1f} s to the first output"),
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


# ------------------------------------------------------------------ texts


def wait_text(word: str, until: float, now: float) -> str:
    """Return when a state ends: `cooling down until 14:05, ready in 4:12`."""
    what = "cooling down " if word == "cooling" else ""
    if until <= now:
        return "ready any moment"
    return f"{what}until {format_time(until, now)}, ready in {countdown(until - now)}"


def countdown(seconds: float) -> str:
    """Return a time left as 4:12 or 1:02:03; from a day on as 2 d 3 h."""
    whole = max(0, -int(-seconds // 1))  # rounded up: 0:00 means now
    if whole >= 86400:
        return format_duration(whole)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def rate_text(rate: Map, now: float) -> str:
    """Return what is left of a provider's rate limit."""
    most, left = finite(rate.get("limit")), finite(rate.get("remaining"))
    counted = text(rate.get("counted")).replace("_", " ") or "requests"
    parts = ["?" if left is None else f"{left:,.0f}"]
    if most is not None:
        parts.append(f"of {most:,.0f}")
    reset = moment(rate.get("reset_at"))
    if reset is None:
        when = ""
    elif reset <= now:
        when = ", full again"
    else:
        when = f", full in {countdown(reset - now)}"
    return f"{' '.join(parts)} {counted} left{when}"


def error_text(error: Map) -> str:
    """Return a failed attempt in plain words: what it means first, then the provider's message."""
    code, message = text(error.get("outcome")), text(error.get("message"))
    meaning = describe_reason(code)
    model = text(error.get("model"))
    name = f"{text(error.get('provider'))}{f'/{model}' if model else ''}"
    if message.startswith(meaning):
        return f"{name} {message}"
    return f"{name} {meaning}: {message}" if message else f"{name} {meaning}"


def _repeats(message: str, why: str) -> bool:
    """Tell whether a state has said what a message says, but for how both begin."""
    detail = message.rpartition("): ")[2].rstrip(".")
    return bool(detail) and detail in why


def limit_text(limit: Map, now: float) -> str:
    """Return how much of a limit is used, and when it starts again."""
    used, most = (_amount(limit, name) for name in ("used", "max"))
    incomplete = " or more" if limit.get("incomplete") else ""
    resets = moment(limit.get("resets_at"))
    when = "" if resets is None else f", starts again {relative_time(resets, now)}"
    return f"{used}{incomplete} of {most} used{when}"


def _amount(limit: Map, name: str) -> str:
    found = amount(limit.get(name))
    if limit.get("counted") == "usd":
        return format_usd(found)
    return "?" if found is None else f"{found:,f}"


def spend_text(spent: Map) -> str:
    """Return a row of `usage.report`: the cost and the requests."""
    cost = amount(spent.get("cost"))
    requests = int(finite(spent.get("requests")) or 0)
    parts = [format_usd(cost)]
    parts.append(count(requests, "request"))
    if failed := int(finite(spent.get("failed")) or 0):
        parts.append(f"{failed:,} failed")
    if unknown := int(finite(spent.get("unknown_cost")) or 0):
        parts.append(f"{unknown:,} of unknown cost")
    return ", ".join(parts)


def candidate_text(candidate: Map) -> str:
    """Return a candidate that would be tried: the model and the key."""
    key = text(candidate.get("key"))
    return f"{full_name(candidate)}{f' with key {key}' if key else ''}"


def skip_text(entry: Map, now: float) -> str:
    """Return a skipped candidate: which, why, and when it comes back."""
    name = full_name(entry) if entry.get("model") else text(entry.get("provider"))
    reason = describe_reason(text(entry.get("reason")))
    why = text(entry.get("message")).removeprefix(f"{name} ").rstrip(".") or reason
    until = moment(entry.get("until"))
    back = "" if until is None or until <= now else f"; ready in {countdown(until - now)}"
    return f"{name}: {why}{back}"


def _tokens(value: object) -> str:
    tokens = finite(value)
    return "" if tokens is None else f"{tokens:,.0f} tokens"


_PRICES = (
    ("input", "input"),
    ("output", "output"),
    ("cached", "from the cache"),
    ("cache_write", "to the cache"),
)


def _prices(prices: Map) -> Iterator[tuple[str, str]]:
    """Yield the prices, and those of long prompts."""
    if rates := _rates(prices):
        yield "price", f"{rates} per million tokens"
    elif prices:
        yield "price", "unknown"
    for tier in records(prices.get("tiers")):
        above = f"over {format_tokens(finite(tier.get('above')))}"
        yield "", f"{above}: {_rates(as_map(tier.get('rates')) or tier)}"


def _rates(rates: Map) -> str:
    amounts = ((amount(rates.get(name)), about) for name, about in _PRICES)
    known = [(each, about) for each, about in amounts if each is not None]
    return ", ".join(f"{format_price(each)} {about}" for each, about in known)
