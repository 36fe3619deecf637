"""The state of one key, from its row of `auth.status`."""

import re

from aircher_cli.picker.view.sane_values import moment
from aircher_cli.picker.view.states.table import (
    DAEMON,
    HEALTH,
    LOADING,
    LOCAL,
    STOPPED,
    UNUSABLE,
    UPSTREAM_AWAY,
    USABLE,
    State,
    StateText,
)
from aircher_cli.picker.view.wrapping import clean
from aircher_cli.render.marks import Mark
from aircher_cli.values import Map, text


def source_kind(source: str) -> str:
    """Return the kind of a key's source from its display text; empty if there is none."""
    first = source.split(" ", 1)[0].rstrip(",")
    return first if first in UNUSABLE["rejected"] else "command" if source else ""


def is_stored(row: Map) -> bool:
    """Tell whether a key is in one of the daemon's own stores, where a sign-in replaces it."""
    return source_kind(text(row.get("source"))) in {"keyring", "file"}


_HAS_KEYS = " has the keys"
"""The end of the source of a provider that is another daemon: `the daemon at PATH has the keys`."""


def is_upstream(row: Map) -> bool:
    """Tell whether a provider is another daemon, which has the keys: the source says which."""
    return row.get("state") == "not_required" and text(row.get("source")).endswith(_HAS_KEYS)


def explain_key(
    row: Map, *, is_local: bool = False, is_running: bool = True, list_error: str = ""
) -> State:
    """Return the state of a row of `auth.status`.

    Args:
        row: As the daemon returned it.
        is_local: Whether the provider is a server on this machine.
        is_running: Whether a server without a key was reached when its list was last fetched.
        list_error: Why its list could not be fetched last time.
    """
    state, health = text(row.get("state")), text(row.get("health")) or "ok"
    reason = text(row.get("reason")).rstrip(".")
    if state in UNUSABLE:
        texts = UNUSABLE[state]
        found = texts.get(source_kind(text(row.get("source")))) or texts[""]
        hint = text(row.get("hint"))
        if state in {"locked", "unreadable"} and hint and not hint.startswith("then "):
            reason = reason.partition("; ")[0]  # what follows is the hint in other words
        return _filled(found, row, why=reason, hint=hint)
    if state not in USABLE or health not in HEALTH:
        return _unknown(state if state not in USABLE else health)
    if health == "ok":
        if state == "not_required" and not is_running:
            # Why a server here does not answer needs no more words than that it does not run.
            why = "" if is_local and not is_upstream(row) else list_error
            return _away(row, why, is_local=is_local)
        return _healthy(row, state, reason, is_local=is_local)
    why = text(row.get("health_reason"))
    if health == "unreachable":
        return _away(row, why, is_local=is_local)
    return _filled(HEALTH[health], row, why=why.rstrip("."), hint="")


def _away(row: Map, why: str, *, is_local: bool) -> State:
    if is_upstream(row):
        return _filled(UPSTREAM_AWAY, row, why=why.rstrip(".") or upstream_away(row), hint="")
    found = STOPPED if is_local else HEALTH["unreachable"]
    return _filled(found, row, why=why.rstrip("."), hint="")


def upstream_away(row: Map) -> str:
    """Return that the daemon which has the keys cannot be reached."""
    return UPSTREAM_AWAY.why.format(daemon=text(row.get("source")).removesuffix(_HAS_KEYS))


def _healthy(row: Map, state: str, reason: str, *, is_local: bool) -> State:
    if is_upstream(row):
        return _filled(DAEMON, row, why="", hint="")
    if state == "not_required" and is_local:
        return _filled(LOCAL, row, why="", hint="")
    # The hint of a key that works says how to have it encrypted, which is not urgent.
    hint = "" if source_kind(text(row.get("source"))) == "file" else text(row.get("hint"))
    # It counts as valid from an earlier check: `ready: could not be verified` says two things.
    worked = "the key worked, then " if state == "authenticated" and reason else ""
    return _filled(USABLE[state], row, why=worked + reason, hint=hint)


def _filled(found: StateText, row: Map, *, why: str, hint: str) -> State:
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
        return LOADING
    return State(
        Mark.UNKNOWN,
        f"this version of aircher-cli does not know the state {word!r}",
        "update",
        "update aircher-cli to the version of the daemon",
    )
