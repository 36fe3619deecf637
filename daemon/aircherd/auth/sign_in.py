"""What to do about keys that are missing or unusable, as data for an error; pure.

    providers without a usable key + rows of `auth.status` + configuration ─> data.sign_in

It is computed only after a failure. It has names, states and reasons, and of a key its last
characters only, as `auth.status` has. Its size is bounded.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec

from aircherd.auth.status import login_command
from aircherd.catalog.non_chat_names import does_not_chat
from aircherd.config.model import Config, Provider
from aircherd.vocabulary.keys import BEST_FIRST, DEFAULT_LABEL, KeyState, KeyStatus
from aircherd.vocabulary.models import Model

MAX_PROVIDERS = 20
MAX_VARIABLES = 50
"""Environment variables in all; a provider has one or two."""
MAX_TEXT = 500
"""Characters of a reason or a hint."""

Map = dict[str, object]

_MAY_BE_IMPORTED = {KeyState.NOT_CONFIGURED, KeyState.REJECTED}
"""States of a provider to which a key in the client's environment would help."""


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of all providers.

    `rows` are those of `auth.status`. `problem` returns why a provider cannot be reached, None if
    it can or was not called yet. `listed` returns the models on the provider's own list, None if it
    was never fetched.
    """

    config: Config
    rows: Sequence[KeyStatus]
    problem: Callable[[Provider], str | None]
    listed: Callable[[Provider], Sequence[Model] | None]


def sign_in_data(wanted: Sequence[str], situation: Situation) -> Map:
    """Return the `sign_in` of an error.

    Args:
        wanted: The providers that the request needs and that have no usable key.
        situation: What is known of all providers.
    """
    config = situation.config
    names = dict.fromkeys([*wanted, *config.providers, *config.refused.providers])
    best = _best_rows(situation.rows)
    rows = [_row(name, best.get(name), situation) for name in islice(names, MAX_PROVIDERS)]
    for row in rows:
        if row["provider"] in wanted:
            row["needed"] = True
    return {
        "providers": rows,
        "environment": _variables(config, best)[:MAX_VARIABLES],
    }


def broken_first(wanted: Sequence[str], rows: Sequence[KeyStatus]) -> list[str]:
    """Return the providers that a request without a model and without a default needs.

    Only providers with a model of their own are tried then. If none of them has a key, but another
    has one that cannot be used, the user means that one.

    Args:
        wanted: The providers that were tried.
        rows: Those of `auth.status`.
    """
    states = {name: row.state for name, row in _best_rows(rows).items()}
    has_key = any(states.get(name, _NO_KEY) is not _NO_KEY for name in wanted)
    if has_key or any(state in _USABLE for state in states.values()):
        return list(wanted)
    broken = next((name for name, state in states.items() if state in _BROKEN), None)
    return [*([] if broken is None else [broken]), *wanted]


_NO_KEY = KeyState.NOT_CONFIGURED
_USABLE = {KeyState.AUTHENTICATED, KeyState.UNVERIFIED}
_BROKEN = {KeyState.LOCKED, KeyState.UNREADABLE, KeyState.REJECTED}


def only_with_labels(data: Map, labels: Mapping[str, str], reason: str) -> None:
    """Change the `sign_in` of an error for a request that only keys with a label can serve.

    Other keys do not help, nor do the variables of the client, nor a model of another provider.

    Args:
        data: The `data` of the error.
        labels: The label that the request needs, for each of the providers that it needs.
        reason: Why it needs that one, and which there are; empty if it asks for it itself, and
            there are none.
    """
    found: Any = data["sign_in"]
    rows: list[Map] = []
    for row in found["providers"]:
        if (label := labels.get(row["provider"])) is not None:
            command = login_command(row["provider"], label)
            kept = {name: row[name] for name in _OF_PROVIDER if name in row}
            why: Map = {"reason": reason[:MAX_TEXT]} if reason else {}
            missing: Map = {
                "state": KeyState.NOT_CONFIGURED.value,
                "hint": f"sign in with '{command}'",
            }
            rows.append({**kept, **missing, **why, "command": command})
        elif row["state"] == KeyState.NOT_REQUIRED.value:
            rows.append(row)
    data["sign_in"] = {"providers": rows, "environment": []}


_OF_PROVIDER = ("provider", "kind", "keys_page", "needed")
"""Fields of a row that are not about one of its keys."""


def refuse_sign_in(data: Map, refused: Map) -> None:
    """Change the `sign_in` of an error for a client that cannot store keys.

    Args:
        data: The `data` of the error, or a plan; unchanged if it has no `sign_in`.
        refused: `{message, elsewhere?, command?}`: why, whether it is because the daemon is on
            another machine, and what unlocks the keys if they are locked.
    """
    found = data.get("sign_in")
    if not isinstance(found, dict):
        return
    rows = [{k: v for k, v in row.items() if k != "command"} for row in found["providers"]]
    data["sign_in"] = {"providers": rows, "environment": [], "refused": refused}


def _best_rows(rows: Sequence[KeyStatus]) -> dict[str, KeyStatus]:
    """Return the row of each provider's best key."""
    best: dict[str, KeyStatus] = {}
    for row in rows:
        other = best.get(row.provider)
        if other is None or BEST_FIRST.index(row.state) < BEST_FIRST.index(other.state):
            best[row.provider] = row
    return best


def _row(name: str, status: KeyStatus | None, situation: Situation) -> Map:
    refused = situation.config.refused.providers.get(name)
    if refused is not None:
        return {
            "provider": name,
            "state": KeyState.REFUSED.value,
            "reason": refused.reason[:MAX_TEXT],
        }
    provider = situation.config.providers.get(name)
    if provider is None:
        return {"provider": name, "state": KeyState.NOT_CONFIGURED.value}
    missing = KeyState.NOT_CONFIGURED if provider.needs_key else KeyState.NOT_REQUIRED
    state = missing if status is None else status.state
    row: Map = {"provider": name, "kind": provider.kind, "state": state.value}
    listed = situation.listed(provider)
    if model := (
        _chosen_model(name, situation.config)
        or provider.default_model
        or _first_chat_model(listed or ())
    ):
        row["model"] = f"{name}/{model}"
    if not provider.needs_key:
        problem = situation.problem(provider)
        if listed is not None:
            row["models"] = len(listed)
        return {**row, "reason": problem[:MAX_TEXT]} if problem else row
    row["env"] = list(provider.env[:MAX_VARIABLES])
    if provider.keys_page:
        row["keys_page"] = provider.keys_page
    return {**row, **_key_fields(provider, status)}


def _chosen_model(provider: str, config: Config) -> str:
    """Return the user's default model if it is one of the provider."""
    found, _, model = (config.default_model or "").partition("/")
    return model if found == provider else ""


def _first_chat_model(models: Sequence[Model]) -> str | None:
    chatting = (
        model.id for model in models if model.chats is not False and not does_not_chat(model.id)
    )
    return next(chatting, None)


def _key_fields(provider: Provider, status: KeyStatus | None) -> Map:
    """Return which key it is, what is wrong with it, and the command that helps, where known."""
    key = status.key if status and status.state is not KeyState.NOT_CONFIGURED else None
    hint = (status and status.hint) or None
    known = {
        "key": key,
        "masked": status and status.masked,
        "reason": status and status.reason and status.reason[:MAX_TEXT],
        "hint": hint and hint[:MAX_TEXT],
        "command": _command(provider, status),
        "shadowed": _shadowed(status),
    }
    return {name: value for name, value in known.items() if value}


def _shadowed(status: KeyStatus | None) -> list[str]:
    """Return the variables that a broken stored key hides; they work if it is removed."""
    if status is None or status.state not in {KeyState.REJECTED, KeyState.LOCKED}:
        return []
    return [each.split()[2] for each in status.shadowed if each.startswith("environment variable ")]


def _command(provider: Provider, status: KeyStatus | None) -> str | None:
    """Return the command that stores a usable key; None if signing in does not help."""
    plain = login_command(provider.name, DEFAULT_LABEL)
    if status is None:
        return plain
    own = login_command(provider.name, status.key or DEFAULT_LABEL)
    hint = status.hint or ""
    return next((each for each in (own, plain) if f"'{each}'" in hint), None)


def _variables(config: Config, best: dict[str, KeyStatus]) -> list[str]:
    """Return the variables of the providers that a key in one of them would help."""
    helped = (
        provider
        for provider in config.providers.values()
        if provider.needs_key
        and (provider.name not in best or best[provider.name].state in _MAY_BE_IMPORTED)
    )
    return list(dict.fromkeys(name for provider in helped for name in provider.env))
