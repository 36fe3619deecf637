"""Keys read once and held in memory: the only place where key values live.

A source is asked when its key is first needed, and again after `forget`, after a refusal, and from
time to time while it could not be read. However many ask at once, one asks the source and the
others wait for what it brings. Stored keys are read all together: one keyring child, not one each.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import trio

from aircherd.auth import verification
from aircherd.auth.command import CommandFailed, read_from_command
from aircherd.auth.key_format import check_key
from aircherd.auth.key_sources import KeySource, stored_source
from aircherd.auth.stores.base import Found, KeyId, KeyMissing, KeyUnreadable
from aircherd.auth.stores.credential_store import CredentialStore
from aircherd.errors import BadRequest
from aircherd.redaction import Redactor
from aircherd.vocabulary.keys import KeyState
from aircherd.vocabulary.secret import Secret

LOOK_AGAIN_SECONDS = 5.0
"""How long an unreadable source is left alone. A keyring may be unlocked any moment; asking one
that hangs costs a request three seconds."""


class CachedKey:
    """What is held of one key: its value if it was read, and its standing."""

    __slots__ = ("is_stale", "look_again_at", "secret", "slot", "standing")

    def __init__(self, slot: KeySource) -> None:
        self.slot = slot
        self.secret: Secret | None = None
        self.standing = verification.UNTRIED
        self.is_stale = True  # the source must be asked before the key is used
        self.look_again_at = -math.inf  # on trio's clock

    def __repr__(self) -> str:
        return f"<CachedKey {self.slot.provider}/{self.slot.name} {self.standing.state.value}>"


class KeyCache:
    """Holds keys by provider and name."""

    def __init__(
        self,
        *,
        credentials: CredentialStore,
        environ: Mapping[str, str],
        redactor: Redactor,
        clock: Callable[[], float],
    ) -> None:
        self._credentials = credentials
        self._environ = environ
        self._redactor = redactor
        self._clock = clock
        self._held: dict[tuple[str, str], CachedKey] = {}
        self._reading_stored = trio.Lock()
        self._running: dict[KeySource, trio.Lock] = {}

    def held(self, slot: KeySource) -> CachedKey:
        """Return what is held for `slot`; anew if its source or its origin is another one now."""
        known = self._held.get((slot.provider, slot.name))
        if known is None or known.slot != slot:
            known = self._held[slot.provider, slot.name] = CachedKey(slot)
        return known

    def peek(self, provider: str, name: str) -> CachedKey | None:
        """Return what is held under a name, None when nothing is. For the hot path."""
        return self._held.get((provider, name))

    def needs_reading(self, held: CachedKey) -> bool:
        """Whether the source must be asked before this key can be used, and may be asked now."""
        return held.is_stale and trio.current_time() >= held.look_again_at

    def put(self, slot: KeySource, secret: Secret, known: verification.Verification) -> None:
        """Hold a key that was just stored."""
        held = self._held[slot.provider, slot.name] = CachedKey(slot)
        held.secret, held.standing, held.is_stale = secret, known, False

    def drop(self, provider: str, name: str) -> None:
        """Hold this key no longer."""
        self._held.pop((provider, name), None)

    def forget(self) -> None:
        """Ask every source again before its key is used, and give refused keys another chance."""
        for held in self._held.values():
            _ask_again(held)
            if held.standing.state is KeyState.REJECTED:
                held.standing = verification.UNTRIED

    def forget_failing(self, slots: Iterable[KeySource]) -> None:
        """Ask the sources of those of `slots` again that cannot be used as it is."""
        for slot in slots:
            if not (held := self.held(slot)).standing.is_usable:
                _ask_again(held)

    async def read(self, slots: Sequence[KeySource]) -> None:
        """Read those of `slots` that need it. Raises nothing: standings say what went wrong.

        When a stored one is among them, all stored keys that need it are read with it. Behind a
        barrier nothing is read.
        """
        slots = [slot for slot in slots if slot.barrier is None]
        for slot in slots:
            if slot.source == "environment" and self.held(slot).is_stale:
                self._take(self.held(slot), _from_environment(slot, self._environ))
        if any(slot.is_stored and self.needs_reading(self.held(slot)) for slot in slots):
            await self._read_stored()
        for slot in slots:
            if slot.source == "command" and self.needs_reading(self.held(slot)):
                await self._read_command(slot)

    async def replacement(self, slot: KeySource, refused: Secret) -> Secret | None:
        """Return the key that the source gives now if it is not the `refused` one.

        Of many requests that were refused together, one asks the source.
        """
        async with self._lock(slot):
            held = self.held(slot)
            if held.secret == refused and held.standing.state is not KeyState.REJECTED:
                found = await self._ask(slot)
                held = self.held(slot)  # a login may have changed it meanwhile
                if isinstance(found, Secret) and held.secret == refused:
                    self._take(held, found)
            if held.secret == refused or not held.standing.is_usable:
                return None
            return held.secret

    # -------------------------------------------------------------- asking the sources

    def _lock(self, slot: KeySource) -> trio.Lock:
        if slot.is_stored:
            return self._reading_stored
        return self._running.setdefault(slot, trio.Lock())

    async def _read_stored(self) -> None:
        async with self._reading_stored:
            index = self._credentials.index
            known = [
                entry
                for provider in index.providers()
                for entry in index.of(provider)
                if not entry.is_pending
                and self.needs_reading(self.held(stored_source(entry)))  # another may have read it
            ]
            found = await self._credentials.read_all(known)
            for entry in known:
                if index.get(entry.entry) == entry:  # no login or logout meanwhile
                    self._take(self.held(stored_source(entry)), found[entry.entry])

    async def _read_command(self, slot: KeySource) -> None:
        async with self._lock(slot):
            if self.needs_reading(self.held(slot)):
                self._take(self.held(slot), await self._run_command(slot))

    async def _ask(self, slot: KeySource) -> "Found | CommandFailed":
        if slot.source == "command":
            return await self._run_command(slot)
        if slot.source == "environment":
            return _from_environment(slot, self._environ)
        entry = KeyId(slot.provider, slot.name)
        known = self._credentials.index.get(entry)
        return (await self._credentials.read_all([known]))[entry] if known else KeyMissing()

    async def _run_command(self, slot: KeySource) -> Secret | CommandFailed:
        try:
            return await read_from_command(slot.locator, self._environ)
        except CommandFailed as error:
            return error

    # -------------------------------------------------------------- taking what they gave

    def _take(self, held: CachedKey, found: "Found | CommandFailed") -> None:
        if isinstance(found, Secret):
            self._redactor.add(found)
            self._take_secret(held, found)
            return
        before, now = held.standing, self._clock()
        held.secret, held.is_stale = None, True
        held.look_again_at = trio.current_time() + LOOK_AGAIN_SECONDS
        match found:
            case KeyMissing():
                reason = f"the {held.slot.source} no longer holds this key"
                held.standing = verification.missing(before, now, reason)
            case KeyUnreadable(state=state):
                reason = f"the {held.slot.source} cannot be read: {state.reason}"
                held.standing = verification.unreadable(before, now, reason)
            case CommandFailed():
                held.standing = verification.unreadable(before, now, str(found))

    def _take_secret(self, held: CachedKey, found: Secret) -> None:
        """Hold a key that was read; what was known of the very same one still holds."""
        held.is_stale = False
        try:
            secret = check_key(found.reveal())
        except BadRequest as error:
            reason = f"{held.slot.source_text}: {error.message}"
            held.secret = None
            held.standing = verification.invalid(held.standing, self._clock(), reason)
            return
        self._redactor.add(secret)
        if held.secret != secret:
            held.standing = verification.UNTRIED
        held.secret = secret

    def __repr__(self) -> str:
        return f"<KeyCache of {len(self._held)} keys>"


def _ask_again(held: CachedKey) -> None:
    held.is_stale, held.look_again_at = True, -math.inf


def _from_environment(slot: KeySource, environ: Mapping[str, str]) -> Found:
    value = environ.get(slot.locator[0])
    return KeyMissing() if value is None else Secret(value)
