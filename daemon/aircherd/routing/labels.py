"""Labels of keys in routes: `provider@label/model`, and one label for a whole request; pure.

A label is the name of a key: that of a stored key, `env:NAME` or `command`. A route with a label is
served with that key or not at all, so work and private accounts do not mix.
"""

from collections.abc import Callable, Sequence

import msgspec

from aircherd.config.model import Config, Provider, Route
from aircherd.config.secret_detection import could_be_key
from aircherd.errors import BadRequest, NotAuthenticated
from aircherd.vocabulary.keys import LABEL, KeyChoice, KeyState

KeysOf = Callable[[Provider], Sequence[KeyChoice]]

MAX_NAMED = 5
"""Providers whose keys an error lists."""


def check_label(label: str) -> None:
    """Check what a request gives as a label, which may be a key by mistake.

    Raises:
        BadRequest: it is none; the message does not repeat it.
    """
    if not LABEL.fullmatch(label) or could_be_key(label):
        raise BadRequest(
            "that is not the label of a key: 'aircher-cli auth status' shows the labels, "
            "and never type a key itself there"
        )


def has_label(choice: KeyChoice, label: str) -> bool:
    """Return whether a key has the label, or may have: while the keyring is locked."""
    return choice.name == label or (choice.name is None and choice.state is KeyState.LOCKED)


def keys_with(choices: Sequence[KeyChoice], label: str) -> list[KeyChoice]:
    """Return the keys with the label."""
    return [each for each in choices if has_label(each, label)]


def restrict_keys(keys_of: KeysOf, label: str) -> KeysOf:
    """Return `keys_of`, restricted to keys with the label where a key is needed."""

    def restricted(provider: Provider) -> Sequence[KeyChoice]:
        choices = keys_of(provider)
        return keys_with(choices, label) if provider.needs_key else choices

    return restricted


def add_label(routes: Sequence[Route], label: str, config: Config) -> list[Route]:
    """Return the routes with the label on those that have none and whose provider needs a key."""
    return list(dict.fromkeys(_labelled(route, label, config) for route in routes))


def _labelled(route: Route, label: str, config: Config) -> Route:
    provider = config.providers.get(route.provider)
    if route.key is not None or provider is None or not provider.needs_key:
        return route
    return msgspec.structs.replace(route, key=label)


def check_labels(
    routes: Sequence[Route], label: str | None, config: Config, keys_of: KeysOf
) -> None:
    """Check that at least one of the providers has the key that its route names.

    A chain may end with a local server that needs none. If the request itself names the `label`,
    that is no answer: it may be misspelt.

    Raises:
        BadRequest: the label is none.
        NotAuthenticated: no provider has its key.
    """
    if label is not None:
        check_label(label)
    lacking: list[tuple[Provider, str]] = []
    for route in routes:
        provider = config.providers.get(route.provider)
        if provider is None or (label is not None and not provider.needs_key):
            continue
        if route.key is None or not provider.needs_key:
            return
        if keys_with(keys_of(provider), route.key):
            return
        lacking.append((provider, route.key))
    if lacking:
        known = _known_labels(lacking, keys_of)
        raise NotAuthenticated(
            _lacking_message(lacking, known),
            lacking=[(each.name, label) for each, label in lacking if may_be_stored(label)],
            known=known,
        )


def _lacking_message(lacking: Sequence[tuple[Provider, str]], known: str) -> str:
    provider, label = lacking[0]
    found = list(dict.fromkeys(provider.name for provider, _ in lacking))
    whose = found[0] if len(found) == 1 else "any of the providers that would be asked"
    rest = f" ({known})" if known else ""
    return f"no key {label!r} for {whose}{rest}: {how_to_get(provider.name, label)}"


def _known_labels(lacking: Sequence[tuple[Provider, str]], keys_of: KeysOf) -> str:
    """Return the keys that there are: the label may be misspelt."""
    known = {each.name: _names(keys_of(each)) for each, _ in lacking[:MAX_NAMED]}
    return "; ".join(f"{name} has {', '.join(names)}" for name, names in known.items() if names)


def may_be_stored(label: str) -> bool:
    """Return whether a key with the label comes from signing in."""
    return label != "command" and not label.startswith("env:")


def _names(choices: Sequence[KeyChoice]) -> list[str]:
    return [each.name for each in choices if each.name is not None]


def how_to_get(provider: str, label: str) -> str:
    """Return what to do for a provider to have a key with the label."""
    variable = label.removeprefix("env:")
    if variable != label:
        # The home is not known here: routing reads no environment.
        return f"set {variable} in the file 'environment' beside config.toml"
    if label == "command":
        return f"add a key_command to [providers.{provider}]"
    option = "" if label == "default" else f" --label {label}"
    return f"sign in with 'aircher-cli auth login {provider}{option}'"
