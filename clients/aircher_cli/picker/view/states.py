"""What each state is, why, and what to do, for everything that the daemon can report.

`auth.status` has two values for each key. `state` is about authentication, `health` about
availability; the health matters only for a key that can be used. The tables below have a row for
each, and a test compares them with the daemon's vocabulary.

The state of a provider is that of its best key, and the state of a model is that of its provider
unless a cooldown or a limit is about this model alone.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.picker.view.facts import is_name
from aircher_cli.picker.view.limits import is_full, limits_of
from aircher_cli.picker.view.marks import Mark
from aircher_cli.picker.view.sane_values import moment
from aircher_cli.picker.view.wrapping import clean
from aircher_cli.render.config.problems import NOTHING_IN_USE
from aircher_cli.values import Map, as_map, text

Action = Literal[
    "", "sign_in", "test", "clear_cooldowns", "refresh", "unlock", "edit_config", "wait", "update"
]
"""What helps, for the key that is shown at the foot; empty if nothing has to be done."""


@dataclass(frozen=True)
class State:
    """A state in plain words.

    Attributes:
        mark: The symbol, word and style.
        why: Why it is so, in one sentence without a full stop.
        action: What helps.
        advice: The same for people, with the one command; empty if nothing has to be done.
        until: The Unix time when it ends by itself, if known.
    """

    mark: Mark
    why: str
    action: Action = ""
    advice: str = ""
    until: float | None = None


class _Text(NamedTuple):
    """A row of the tables. `{provider}`, `{login}` and `{variable}` are filled in."""

    mark: Mark
    why: str
    action: Action = ""
    advice: str = ""


_TEST = "check it: aircher-cli auth test {provider}"
_SIGN_IN_AGAIN = "sign in again: {login}"
_CLEAR = "to try it at once: aircher-cli cooldowns clear {provider}"

# State of a key that can be used -> its text while the health is ok.
USABLE: dict[str, _Text] = {
    "authenticated": _Text(Mark.READY, "the key works"),
    "unverified": _Text(
        Mark.UNCHECKED, "the key has not been checked yet; it is used all the same", "test", _TEST
    ),
    "not_required": _Text(Mark.READY, "it needs no key"),
}

# Health of a key that can be used.
HEALTH: dict[str, _Text] = {
    "ok": _Text(Mark.READY, ""),
    "cooling": _Text(
        Mark.COOLING,
        "the provider asked to wait; other providers answer meanwhile",
        "clear_cooldowns",
        _CLEAR,
    ),
    "quota_exhausted": _Text(
        Mark.NO_CREDIT,
        "the account has no credit or quota left for this key",
        "clear_cooldowns",
        "add credit at the provider, then: aircher-cli cooldowns clear {provider}",
    ),
    "unreachable": _Text(
        Mark.UNREACHABLE,
        "it could not be reached",
        "refresh",
        "check the network and the proxy: aircher-cli doctor",
    ),
}

# State of a key that cannot be used -> its text by the kind of source, "" if there is none.
UNUSABLE: dict[str, dict[str, _Text]] = {
    "not_configured": {
        "": _Text(Mark.NOT_CONFIGURED, "no key is stored for it", "sign_in", "sign in: {login}"),
        "keyring": _Text(
            Mark.NOT_CONFIGURED,
            "the stored key is gone from the keyring",
            "sign_in",
            _SIGN_IN_AGAIN,
        ),
        "file": _Text(
            Mark.NOT_CONFIGURED, "the stored key is gone from its file", "sign_in", _SIGN_IN_AGAIN
        ),
        "command": _Text(
            Mark.NOT_CONFIGURED,
            "the key command printed no key",
            "sign_in",
            "correct key_command, or sign in: {login}",
        ),
        "environment": _Text(
            Mark.NOT_CONFIGURED,
            "the environment variable is empty",
            "sign_in",
            "set {variable} in ~/.aircher/environment, or sign in: {login}",
        ),
    },
    "rejected": {
        "": _Text(Mark.REJECTED, "the key was refused", "sign_in", _SIGN_IN_AGAIN),
        "keyring": _Text(Mark.REJECTED, "the key was refused", "sign_in", _SIGN_IN_AGAIN),
        "file": _Text(Mark.REJECTED, "the key was refused", "sign_in", _SIGN_IN_AGAIN),
        "command": _Text(
            Mark.REJECTED,
            "the key of the key command was refused",
            "test",
            "renew it where the command reads it, then: aircher-cli auth test {provider}",
        ),
        "environment": _Text(
            Mark.REJECTED,
            "the key of the environment variable was refused",
            "sign_in",
            "set {variable} in ~/.aircher/environment, or sign in: {login}",
        ),
    },
    "locked": {
        "": _Text(
            Mark.LOCKED,
            "the list of stored keys cannot be read",
            "test",
            "then check again: aircher-cli auth status",
        ),
        "keyring": _Text(
            Mark.LOCKED,
            "the keyring that has the key is locked",
            "unlock",
            "unlock it: log in to the desktop, or open its keyring application",
        ),
        "file": _Text(
            Mark.LOCKED,
            "the file that has the key cannot be read",
            "test",
            "check it: aircher-cli doctor",
        ),
        "command": _Text(
            Mark.LOCKED,
            "the key command failed",
            "test",
            "run it yourself, then: aircher-cli auth test {provider}",
        ),
        "environment": _Text(
            Mark.LOCKED,
            "the file of environment variables cannot be used",
            "test",
            "check it: aircher-cli doctor",
        ),
    },
    "refused": {
        "": _Text(
            Mark.INVALID,
            "its entry in the configuration is invalid",
            "edit_config",
            "correct it: aircher-cli config edit",
        ),
    },
}

_LOCAL = _Text(Mark.LOCAL, "it runs on this machine and needs no key")
_STOPPED = _Text(
    Mark.STOPPED,
    "the local server is not running",
    "refresh",
    "start it, then: aircher-cli models refresh {provider}",
)
_NO_CONFIG = State(
    Mark.INVALID,
    "the configuration is invalid, so no provider is asked",
    "edit_config",
    "correct it: aircher-cli config edit",
)
_NO_PROVIDER = State(
    Mark.UNKNOWN,
    "there is no provider of this name",
    "edit_config",
    "correct the name: aircher-cli config edit",
)
_LOADING = State(Mark.UNKNOWN, "the daemon has not reported its state yet", "wait")

_LOOPBACK = ("://localhost", "://127.", "://[::1]")


def source_kind(source: str) -> str:
    """Return the kind of a key's source from its display text; empty if there is none."""
    first = source.split(" ", 1)[0].rstrip(",")
    return first if first in UNUSABLE["rejected"] else "command" if source else ""


def is_stored(row: Map) -> bool:
    """Tell whether a key is in one of the daemon's own stores, where a sign-in replaces it."""
    return source_kind(text(row.get("source"))) in {"keyring", "file"}


# ------------------------------------------------------------------ one key


def explain_key(row: Map, *, is_local: bool = False, is_running: bool = True) -> State:
    """Return the state of a row of `auth.status`.

    Args:
        row: As the daemon returned it.
        is_local: Whether the provider is a server on this machine.
        is_running: Whether a server without a key was reached when its list was last fetched.
    """
    state, health = text(row.get("state")), text(row.get("health")) or "ok"
    reason = text(row.get("reason")).rstrip(".")
    if state in UNUSABLE:
        texts = UNUSABLE[state]
        found = texts.get(source_kind(text(row.get("source")))) or texts[""]
        hint = text(row.get("hint"))
        if state == "locked" and hint and not hint.startswith("then "):
            reason = reason.partition("; ")[0]  # what follows is the hint in other words
        return _filled(found, row, why=reason, hint=hint)
    if state not in USABLE or health not in HEALTH:
        return _unknown(state if state not in USABLE else health)
    if health == "ok":
        return _healthy(row, state, reason, is_local=is_local, is_running=is_running)
    found = _STOPPED if health == "unreachable" and is_local else HEALTH[health]
    return _filled(found, row, why=text(row.get("health_reason")).rstrip("."), hint="")


def _healthy(row: Map, state: str, reason: str, *, is_local: bool, is_running: bool) -> State:
    if state == "not_required" and not is_running:
        return _filled(_STOPPED if is_local else HEALTH["unreachable"], row, why="", hint="")
    if state == "not_required" and is_local:
        return _filled(_LOCAL, row, why="", hint="")
    # The hint of a key that works says how to have it encrypted, which is not urgent.
    hint = "" if source_kind(text(row.get("source"))) == "file" else text(row.get("hint"))
    return _filled(USABLE[state], row, why=reason, hint=hint)


def _filled(found: _Text, row: Map, *, why: str, hint: str) -> State:
    advice = hint or found.advice.format(
        provider=text(row.get("provider")), login=_login(row), variable=_variable(row)
    )
    # A reason may quote what a provider answered, and the word of the state says "refused".
    why = _REFUSED.sub(r"\1", clean(why or found.why))
    return State(found.mark, why, found.action, clean(advice), moment(row.get("until")))


_REFUSED = re.compile(r"^refused the key \(([^()]+)\)(?=:|$)")


def _login(row: Map) -> str:
    label = text(row.get("key"))
    option = f" --label {label}" if is_stored(row) and label not in {"", "default"} else ""
    return f"aircher-cli auth login {text(row.get('provider'))}{option}"


def _variable(row: Map) -> str:
    return text(row.get("key")).removeprefix("env:") or "the variable"


def _unknown(word: str) -> State:
    if not word:
        return _LOADING
    return State(
        Mark.UNKNOWN,
        f"this version of aircher-cli does not know the state {word!r}",
        "update",
        "update aircher-cli to the version of the daemon",
    )


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
        self._keys = _by_provider(view.keys)
        self._health = _health_rows(view.health)
        self._cooling_models = _by_provider(each for each in view.health if each.get("model"))
        self._servers = _by_provider(view.providers)
        self._lists = {text(each.get("provider")): each for each in view.lists}
        self._providers: dict[str, State] = {}
        self._special = _models_with_a_state(view)

    def provider(self, name: str) -> State:
        """Return the state of a provider: that of its best key."""
        known = self._providers.get(name)
        if known is None:
            known = self._providers[name] = self._best(name, None)
        return known

    def model(self, provider: str, model: str) -> State:
        """Return the state of a model of a provider."""
        special = self._special  # mostly empty, and thousands of models are looked up
        if special and ((provider, model) in special or ("", model) in special):
            return self._best(provider, model)
        return self.provider(provider)

    def keys(self, provider: str) -> list[tuple[Map, State]]:
        """Return the rows of a provider's keys with their states."""
        return [(row, self._key(provider, row, None)) for row in self._rows(provider)]

    def answering_key(self, provider: str) -> Map:
        """Return the row of the key that a request would use; empty if there is none."""
        usable = (row for row, state in self.keys(provider) if state.mark.answers)
        return next(usable, {})

    def provider_names(self) -> list[str]:
        """Return the providers that have a key or a state, in the daemon's order."""
        named = [*self._keys, *self._servers]
        return list(dict.fromkeys(name for name in named if is_name(name)))

    def is_local(self, provider: str) -> bool:
        """Tell whether a provider is a server on this machine."""
        urls = (text(row.get("base_url")) for row in self._servers.get(provider, ()))
        return any(part in url for url in urls for part in _LOOPBACK)

    def _best(self, provider: str, model: str | None) -> State:
        if not self._is_asking:
            return _NO_CONFIG
        states = [self._key(provider, row, model) for row in self._rows(provider)]
        return min(states, key=lambda state: state.mark.rank, default=self._without_rows())

    def _without_rows(self) -> State:
        """Return the state of a provider that the daemon did not report."""
        return _NO_PROVIDER if self._keys else _LOADING

    def _rows(self, provider: str) -> list[Map]:
        """Return the rows of a provider's keys, or else its row of `status` or of its models."""
        return self._keys.get(provider) or self._servers.get(provider) or []

    def _key(self, provider: str, row: Map, model: str | None) -> State:
        if not self._is_asking:
            return _NO_CONFIG
        key = text(row.get("key"))
        current = {**row, **self._health_of(provider, key, row, model)}
        state = explain_key(
            current,
            is_local=self.is_local(provider) or self._is_likely_local(row),
            is_running=not self._is_absent(provider),
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
        """Return the state if one of the user's limits is used up."""
        full = [
            each for each in limits_of(self._view.limits, provider, key, model) if is_full(each)
        ]
        if not full:
            return None
        last = max(full, key=lambda each: moment(each.get("resets_at")) or 0.0)
        return State(
            Mark.LIMITED,
            clean(f"your limit is used up: {text(last.get('limit'))}"),
            "edit_config",
            "wait, or raise it: aircher-cli config edit",
            moment(last.get("resets_at")),
        )

    def __repr__(self) -> str:
        return f"<LiveStates of {len(self._keys)} providers>"


_SEVERITY = {"ok": 0, "cooling": 1, "quota_exhausted": 2, "unreachable": 3}


def _severity(row: Map) -> tuple[int, float]:
    # A health that only a newer daemon knows is reported as such.
    return _SEVERITY.get(text(row.get("health")), 4), moment(row.get("until")) or 0.0


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
    limited = {_limited_model(row) for row in view.limits}
    return {pair for pair in cooling | limited if pair[1]}


def _limited_model(row: Map) -> tuple[str, str]:
    provider, model = text(row.get("provider")), text(row.get("model"))
    head, _, rest = model.partition("/")
    return (head, rest) if rest and not provider else (provider, model)
