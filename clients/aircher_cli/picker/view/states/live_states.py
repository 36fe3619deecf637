"""The states of all providers and models in one view of the daemon.

The state of a provider is that of its best key, and the state of a model is that of its provider
unless a cooldown or a limit is about this model alone.
"""

from collections.abc import Iterable
from dataclasses import replace

from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.picker.view.limits import is_full, is_in_usd, limits_of
from aircher_cli.picker.view.sane_values import is_name, moment
from aircher_cli.picker.view.states.key_state import explain_key
from aircher_cli.picker.view.states.limit_state import NO_PRICES, PriceReader, explain_limits
from aircher_cli.picker.view.states.table import (
    LOADING,
    NO_CONFIG,
    NO_PROVIDER,
    NO_SUCH_KEY,
    NOT_ALLOWED,
    State,
)
from aircher_cli.picker.view.wrapping import clean
from aircher_cli.render.config.problems import NOTHING_IN_USE
from aircher_cli.render.marks import Mark
from aircher_cli.values import Map, as_map, text, texts

_LOOPBACK = ("://localhost", "://127.", "://[::1]")


# ------------------------------------------------------------------ the connection


def explain_link(view: DaemonView) -> State | None:
    """Return why the view may be out of date or incomplete; None if it is current."""
    if view.link == "reconnecting":
        why = view.link_problem or "the connection to the daemon was lost"
        return State(Mark.UNREACHABLE, clean(f"reconnecting: {why}"), "wait")
    if view.link == "connecting":
        why = view.link_problem or "connecting to the daemon"
        return State(Mark.UNKNOWN, clean(why), "wait")
    if not view.has_models:
        return State(Mark.UNKNOWN, "loading the models", "wait")
    return None


# ------------------------------------------------------------------ providers and models


def explain(view: DaemonView, provider: str, model: str, now: float) -> State:
    """Return the state of one model at the Unix time `now`; for many, use `LiveStates`."""
    return LiveStates(view, now).model(provider, model)


class LiveStates:
    """The states of all providers and models in one view at the Unix time `now`."""

    def __init__(self, view: DaemonView, now: float) -> None:
        self._view = view
        self._now = now
        self._is_asking = as_map(view.config).get("in_use") != NOTHING_IN_USE
        self._allowed = frozenset(texts(view.allowed.get("providers"))) if view.allowed else None
        self._keys = _by_provider(view.keys)
        self._health = _health_rows(view.health)
        self._cooling_models = _by_provider(each for each in view.health if each.get("model"))
        self._servers = _by_provider(view.providers)
        self._lists = {text(each.get("provider")): each for each in view.lists}
        self._providers: dict[tuple[str, str], State] = {}
        budgets = [each for each in limits_of_client(view) if is_in_usd(each)]
        prices = _prices.read(view.models) if budgets else NO_PRICES
        self._free = prices.free if any(map(is_full, budgets)) else NO_PRICES.free
        self._unpriced = prices.unknown
        self._of_unpriced: dict[tuple[str, str], tuple[str, State]] = {}
        self._special = _models_with_a_state(view) | self._free

    def provider(self, name: str, label: str = "") -> State:
        """Return the state of a provider: that of its best key, or of the one with this label.

        Without a label it is the one that requests from here use, if they use one only.
        """
        label = label or self._view.here.key
        known = self._providers.get((name, label))
        if known is None:
            known = self._providers[name, label] = self._best(name, None, label)
        return known

    def model(self, provider: str, model: str, label: str = "") -> State:
        """Return the state of a model of a provider, asked with any key or with this one."""
        special = self._special  # mostly empty, and thousands of models are looked up
        if special and ((provider, model) in special or ("", model) in special):
            return self._best(provider, model, label or self._view.here.key)
        if self._unpriced and (provider, model) in self._unpriced:
            return self._without_price(provider, model, label or self._view.here.key)
        return self.provider(provider, label)

    def _without_price(self, provider: str, model: str, label: str) -> State:
        """Return the state of a model without a price: that of the others, but for the name."""
        found = self._of_unpriced.get((provider, label))
        if found is None:
            found = model, self._best(provider, model, label)
            self._of_unpriced[provider, label] = found
        first, state = found
        if first == model:
            return state
        advice = state.advice.replace(f'"{provider}/{first}"', f'"{provider}/{model}"')
        return state if advice == state.advice else replace(state, advice=advice)

    def keys(self, provider: str) -> list[tuple[Map, State]]:
        """Return the rows of a provider's keys with their states."""
        return [(row, self._key(provider, row, None)) for row in self._rows(provider)]

    def answering_key(self, provider: str, label: str = "") -> Map:
        """Return the row of the key that a request would use; empty if there is none."""
        if not self._is_allowed(provider):
            return {}
        rows = self._labelled(provider, label or self._view.here.key)
        usable = (row for row in rows if self._key(provider, row, None).mark.answers)
        return next(usable, {})

    def provider_names(self) -> list[str]:
        """Return the providers that have a key or a state, in the daemon's order."""
        named = [*self._keys, *self._servers]
        return list(dict.fromkeys(name for name in named if is_name(name)))

    def is_local(self, provider: str) -> bool:
        """Tell whether a provider is a server on this machine."""
        urls = (text(row.get("base_url")) for row in self._servers.get(provider, ()))
        return any(part in url for url in urls for part in _LOOPBACK)

    def _best(self, provider: str, model: str | None, label: str) -> State:
        if not self._is_asking:
            return NO_CONFIG
        if not self._is_allowed(provider) and self._rows(provider):
            return self._not_allowed()
        rows = self._labelled(provider, label)
        if label and not rows and self._rows(provider):
            return self._without_key(provider, label)
        states = [self._key(provider, row, model) for row in rows]
        return min(states, key=lambda state: state.mark.rank, default=self._without_rows())

    def _is_allowed(self, provider: str) -> bool:
        return self._allowed is None or provider in self._allowed

    def _not_allowed(self) -> State:
        allowed, found = self._view.allowed, NOT_ALLOWED
        names = ", ".join(texts(allowed.get("providers"))) or "none"
        why = found.why.format(section=text(allowed.get("section")), providers=names)
        return State(found.mark, clean(why), found.action, found.advice)

    def _labelled(self, provider: str, label: str) -> list[Map]:
        """Return the rows of the keys that may be used: those with the label, if there is one.

        And what is about the provider as a whole: that it needs no key, or why it cannot be asked.
        """
        rows = self._rows(provider)
        if not label or provider not in self._keys:
            return rows
        return [row for row in rows if row.get("key") == label or _is_about_all(row)]

    def _without_key(self, provider: str, label: str) -> State:
        here, found = self._view.here, NO_SUCH_KEY
        source = here.key_from if label == here.key else "the alias"
        why = found.why.format(label=label, source=source)
        advice = found.advice.format(provider=provider, label=label)
        return State(found.mark, clean(why), found.action, advice)

    def _without_rows(self) -> State:
        """Return the state of a provider that the daemon did not report."""
        return NO_PROVIDER if self._keys else LOADING

    def _rows(self, provider: str) -> list[Map]:
        """Return the rows of a provider's keys, or else its row of `status` or of its models."""
        return self._keys.get(provider) or self._servers.get(provider) or []

    def _key(self, provider: str, row: Map, model: str | None) -> State:
        if not self._is_asking:
            return NO_CONFIG
        key = text(row.get("key"))
        current = {**row, **self._health_of(provider, key, row, model)}
        state = explain_key(
            current,
            is_local=self.is_local(provider) or self._is_likely_local(row),
            is_running=not self._is_absent(provider),
            list_error=text(self._lists.get(provider, {}).get("error")),
        )
        return self._limited(provider, key, model) or state if state.mark.answers else state

    def _is_likely_local(self, row: Map) -> bool:
        """Tell whether the status has yet to arrive and there is no key, as for local servers."""
        return not self._servers and row.get("state") == "not_required"

    def _is_absent(self, provider: str) -> bool:
        """Tell whether a local server was not running when its list was last fetched."""
        servers = self._servers.get(provider, ())
        is_reported = any(row.get("absent") is True for row in servers)
        return is_reported or self._lists.get(provider, {}).get("is_absent") is True

    def _health_of(self, provider: str, key: str, row: Map, model: str | None) -> Map:
        """Return the fields of the worst health that applies to a key, and to a model of it.

        A row of the topic `provider` is newer than the row of the key.
        """
        whole, row = (
            self._without_models(provider, key, each)
            for each in (self._health.get((provider, "", ""), {}), row)
        )
        own = self._health.get((provider, key, ""), row) if key else whole or row
        if whole and "unreachable" in (whole.get("health"), own.get("health")):
            own = whole  # a provider is unreachable as a whole
        found = [own]
        if model is not None:
            found += [self._health.get((provider, each, model), {}) for each in ("", key)]
        return max((self._current(each) for each in found), key=_severity)

    def _without_models(self, provider: str, key: str, row: Map) -> Map:
        """Return a row of a key or provider, which is well if only one of its models is not.

        The daemon's rows have the worst health that applies to the key with any model.
        """
        health, until = text(row.get("health")), moment(row.get("until")) or 0.0
        is_of_model = any(
            text(each.get("health")) == health
            and abs((moment(each.get("until")) or 0.0) - until) < 1.0
            for each in self._cooling_models.get(provider, ())
            if text(each.get("key")) in {"", key}
        )
        return {**row, "health": "ok"} if is_of_model else row

    def _current(self, row: Map) -> Map:
        """Return the fields about health; a cooldown that is over counts as ok."""
        health, until = text(row.get("health")) or "ok", moment(row.get("until"))
        if health in {"cooling", "quota_exhausted"} and until is not None and until <= self._now:
            return {"health": "ok"}
        reason = row.get("health_reason")
        return {"health": health, "health_reason": reason, "until": until}

    def _limited(self, provider: str, key: str, model: str | None) -> State | None:
        """Return the state if one of the user's limits keeps requests from being made."""
        names = (provider, model or "")
        limits = self._view.limits
        applying = limits_of(limits, provider, key, model, is_free=names in self._free)
        name = f"{provider}/{model or 'MODEL'}"
        return explain_limits(applying, name, has_price=names not in self._unpriced)

    def __repr__(self) -> str:
        return f"<LiveStates of {len(self._keys)} providers>"


_SEVERITY = {"ok": 0, "cooling": 1, "quota_exhausted": 2, "unreachable": 3}


def _severity(row: Map) -> tuple[int, float]:
    # A health that only a newer daemon knows is reported as such.
    return _SEVERITY.get(text(row.get("health")), 4), moment(row.get("until")) or 0.0


_prices = PriceReader()


def limits_of_client(view: DaemonView) -> Iterable[Map]:
    """Return the limits that count what this client asks."""
    return (each for each in view.limits if each.get("others") is not True)


def _is_about_all(row: Map) -> bool:
    return row.get("state") == "refused" or (
        not row.get("key") and row.get("state") != "not_configured"
    )


def _by_provider(rows: Iterable[Map]) -> dict[str, list[Map]]:
    found: dict[str, list[Map]] = {}
    for row in rows:
        if name := text(row.get("provider")):
            found.setdefault(name, []).append(row)
    return found


def _health_rows(rows: Iterable[Map]) -> dict[tuple[str, str, str], Map]:
    names = ("provider", "key", "model")
    return {(text(r.get(names[0])), text(r.get(names[1])), text(r.get(names[2]))): r for r in rows}


def _models_with_a_state(view: DaemonView) -> set[tuple[str, str]]:
    """Return the models that may have another state than their provider."""
    cooling = {(text(row.get("provider")), text(row.get("model"))) for row in view.health}
    limited = {_limited_model(row) for row in limits_of_client(view)}
    return {pair for pair in cooling | limited if pair[1]}


def _limited_model(row: Map) -> tuple[str, str]:
    provider, model = text(row.get("provider")), text(row.get("model"))
    head, _, rest = model.partition("/")
    return (head, rest) if rest and not provider else (provider, model)
