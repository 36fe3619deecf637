"""Which cooldowns a fleet shares, and the keyed hashes that it knows them by; pure.

    key          hash of the provider's origin and the key
    key+model    the same, a dot, and the hash of the model
    model        hash of the origin, a dot, and the hash of the model
    what is left of a key, by the headers of its last response: its hash and `LEFT`

Names of providers and keys differ between machines, so they are not in it.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol
from urllib.parse import urlsplit

from aircherd.config.model import UNIX, Provider
from aircherd.routing.cooldown_rules import CooldownScope
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.hosts import is_loopback
from aircherd.vocabulary.secret import Secret

SHARED = frozenset(
    {
        FailureClass.QUOTA,
        FailureClass.RATE,
        FailureClass.MODEL,
        FailureClass.OVERLOADED,
        FailureClass.SERVER,
    }
)
"""What a provider answers alike wherever it is asked from.

A network or a proxy of one machine may cause the others, and what an account or a key may do
depends on the country and the address.
"""

LEFT = ".left"

MIN_KEY = 20
"""Characters. Shorter ones are made up for local servers, on many machines the same."""

KeysOf = Callable[[Provider], Iterable[tuple[str, Secret]]]
"""Returns the names and values of a provider's keys, as far as they are known now."""

Place = tuple[str, str | None]
"""The name of a provider here, and of its key; None if the scope is of no key."""


class Hasher(Protocol):
    """Hashes names under the secret of the namespace: `shared_state.names.Names`."""

    def hash(self, kind: str, *parts: str | None) -> str:
        """Return the hash of `parts`."""


class Scopes:
    """The scopes of this machine's providers and keys, in both directions."""

    def __init__(self, names: Hasher) -> None:
        self._names = names
        self._places: dict[str, list[Place]] = {}
        self._known: dict[Place, int] = {}

    # -------------------------------------------------------------- from here

    def of_key(self, origin: str, key: Secret | None) -> str | None:
        """Return the hash of a key at its origin, None where it is not shared."""
        value = "" if key is None else key.reveal()
        return self._names.hash("cooldown key", origin, value) if len(value) >= MIN_KEY else None

    def of(self, origin: str, key: Secret | None, scope: CooldownScope) -> str | None:
        """Return what a scope of a provider is shared as, None if it is not.

        Servers of this machine are its own, unless a key says otherwise: then it is an account.
        """
        kind, _, model = scope
        if kind == "provider":
            return None
        head = self.of_key(origin, key) if "key" in kind else self._of_origin(origin)
        return head if head is None or model is None else f"{head}.{self._of_model(model)}"

    def _of_origin(self, origin: str) -> str | None:
        # A socket's path leads to another daemon on each machine.
        if origin.startswith(UNIX) or is_loopback(urlsplit(origin).hostname or ""):
            return None
        return self._names.hash("cooldown origin", origin)

    def _of_model(self, model: str) -> str:
        return self._names.hash("cooldown model", model)

    # -------------------------------------------------------------- to here

    def set_places(self, providers: Mapping[str, Provider], keys_of: KeysOf) -> None:
        """Note which providers and keys there are."""
        self._places, self._known = {}, {}
        for name, provider in providers.items():
            self._add(self._of_origin(provider.origin), (name, None))
            for key, secret in keys_of(provider) if provider.needs_key else ():
                self._add(self.of_key(provider.origin, secret), (name, key))
                self.note_seen(name, key, secret)

    def _add(self, hashed: str | None, place: Place) -> None:
        if hashed is not None:
            self._places.setdefault(hashed, []).append(place)

    def note_seen(self, provider: str, key: str, secret: Secret) -> None:
        """Note that a key was looked at."""
        # Not the key itself, which must be gone from memory once all keys are locked.
        self._known[provider, key] = id(secret)

    def has(self, provider: str, key: str, secret: Secret) -> bool:
        """Return whether this key was noted. On the way of each request."""
        return self._known.get((provider, key)) == id(secret)

    def places(self, scope: str) -> list[Place]:
        """Return which providers and keys of this machine a shared scope is about."""
        return self._places.get(scope.partition(".")[0], [])

    def is_about(self, scope: str, model: str | None) -> bool:
        """Return whether a shared scope is about this model, None: about all."""
        tail = scope.partition(".")[2]
        return tail == ("" if model is None else self._of_model(model))

    def __repr__(self) -> str:
        return f"<Scopes of {len(self._known)} keys>"
