"""`AuthManager`: the one door to every key, and what answers do to a key's worth.

    get a key    slot -> forbidden? -> refused before? -> read (once) -> ApiKey
    an answer    a success or a 401 changes the key's standing at once, and an `auth` event says so
    a login      shape -> live check -> store -> hold; nothing is stored that was not taken

Decisions are in `slots`, `standing` and `status`, the picture of all keys is the `registry`; here it is
decided when a source is asked, when a key is given out, and what an answer changes.
"""

import time
from collections.abc import Callable, Mapping, Sequence

import msgspec
import trio

from aircherd.auth import status, verification
from aircherd.auth.importing import ImportOutcome, import_keys, plan_import
from aircherd.auth.key_cache import KeyCache
from aircherd.auth.key_format import check_key as check_text
from aircherd.auth.key_registry import KeyRegistry, unusable
from aircherd.auth.key_sources import (
    KeySource,
    check_label,
    find_provider,
    forbidden_reason,
    plain_http,
    stored_source,
)
from aircherd.auth.key_verifier import KeyChecker, KeyVerifier
from aircherd.auth.stores.base import KeyId, KeyStore, StoreState
from aircherd.auth.stores.credential_store import CredentialStore
from aircherd.auth.stores.index import KeyIndex
from aircherd.config.model import Config, Provider
from aircherd.errors import BadRequest, KeyringLocked
from aircherd.events import EventBus
from aircherd.redaction import Redactor
from aircherd.vocabulary.keys import DEFAULT_LABEL, ApiKey, KeyChoice, KeyState, KeyStatus
from aircherd.vocabulary.secret import Secret

CHECKS_AT_ONCE = 4


class AuthManager:
    """The single source of truth about keys. See the module's docstring."""

    def __init__(
        self,
        *,
        config: Callable[[], Config],
        environ: Mapping[str, str],
        keyring: KeyStore,
        file: KeyStore,
        index: KeyIndex,
        bus: EventBus,
        redactor: Redactor,
        check_key: KeyChecker,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._config = config
        self._redactor = redactor
        self._clock = clock
        self._credentials = CredentialStore(keyring=keyring, file=file, index=index, clock=clock)
        self._reader = KeyCache(
            credentials=self._credentials, environ=environ, redactor=redactor, clock=clock
        )
        self._registry = KeyRegistry(
            config=config,
            environ=environ,
            credentials=self._credentials,
            reader=self._reader,
            bus=bus,
        )
        self._live = KeyVerifier(ask=check_key, redactor=redactor, clock=clock)

    # -------------------------------------------------------------- for requests

    async def warm(self) -> None:
        """Read every key that costs no more than one keyring child: all but those of commands.

        Raises nothing: a locked keyring is a state, not an error.
        """
        await self._reader.read(
            [slot for slot in self._registry.all_slots() if slot.source != "command"]
        )
        self._registry.announce_all()

    def key_choices(self, provider: Provider) -> Sequence[KeyChoice]:
        """Return the keys of `provider` in the order in which they serve, as routing sees them.

        Without any I/O. Empty when a key is needed and there is none. A locked one without a name
        stands for those that may be stored while the list of stored keys cannot be read. A key
        whose source could not be read shows as `unverified` when it is time to look again: then
        the request looks.
        """
        return self._registry.choices(provider)

    async def ensure_authenticated(
        self, provider: Provider, name: str | None = None
    ) -> ApiKey | None:
        """Return a key that may be tried, None where none is needed.

        Without network, and without waiting where the key is in memory.

        Raises:
            NotAuthenticated: as `get_api_key`.
        """
        return await self.get_api_key(provider, name) if provider.needs_key else None

    async def get_api_key(self, provider: Provider, name: str | None = None) -> ApiKey:
        """Return a key of `provider`: the only way to one.

        Args:
            provider: for whom; the key is given only if it belongs to this origin.
            name: a label, `command` or `env:NAME`; None for the first that can be used.

        Raises:
            NotAuthenticated: there is no such key.
            KeyRejected: it was refused, or is for another origin.
            KeyringLocked: its source cannot be read now.
        """
        slot = self._registry.pick(provider, name)
        held = self._reader.held(slot)
        if (
            held.is_stale
            and status.effective_status(provider, slot, verification.UNTRIED).is_usable
        ):
            await self._reader.read([slot])
            self._registry.announce(provider.name)
            held = self._reader.held(slot)
        verdict = status.effective_status(provider, slot, held.standing)
        if not verdict.is_usable or held.secret is None or held.is_stale:
            raise unusable(provider, slot, verdict)
        return ApiKey(provider.name, slot.name, held.secret, slot.source, slot.origin)

    async def note_rejected(self, key: ApiKey, reason: str) -> ApiKey | None:
        """Hear that a provider refused `key`. Return another one to be tried once, if there is one.

        The source is read again: a key that was renewed there serves at once. Otherwise the key is
        rejected until someone signs in again or asks for a test.
        """
        found = self._registry.find(key.provider, key.name)
        if found is None or found[1].origin != key.origin:
            return None  # gone, or by now for elsewhere: where this request must not send it
        provider, slot = found
        secret = await self._reader.replacement(slot, key.secret)
        held = self._reader.held(slot)
        if secret is None and held.secret == key.secret:
            held.standing = verification.refused(
                held.standing, self._clock(), "a request", self._redactor.redact(reason)
            )
        self._registry.announce(provider.name)
        if secret is None or not status.effective_status(provider, slot, held.standing).is_usable:
            return None
        return ApiKey(provider.name, slot.name, secret, slot.source, slot.origin)

    def note_accepted(self, key: ApiKey) -> None:
        """Hear that a provider took `key`. Costs nothing when that was known."""
        held = self._reader.peek(key.provider, key.name)
        if held is None or held.standing.state is KeyState.AUTHENTICATED:
            return
        if held.secret == key.secret:
            held.standing = verification.works(self._clock(), "a request")
            if provider := self._config().providers.get(key.provider):
                self._registry.announce(provider.name)

    # -------------------------------------------------------------- for people

    async def login(
        self,
        provider_name: str,
        secret: Secret,
        *,
        label: str = DEFAULT_LABEL,
        verify: bool = True,
    ) -> KeyStatus:
        """Store a key after the provider took it. Return its row.

        Args:
            provider_name: for whom.
            secret: as the user gave it; it is checked here.
            label: the key's name, if the user has several.
            verify: False stores it without asking the provider.

        Raises:
            BadRequest: no such provider, one that takes no key, a bad label, not a key.
            KeyRejected: the provider refused it; nothing was stored.
            ProviderFailed: the provider could not be asked; nothing was stored.
            KeyringLocked: it cannot be stored now.
        """
        provider = self._provider_with_keys(provider_name)
        secret = check_text(secret.reveal())
        self._redactor.add(secret)
        check_label(label)
        known = await self._live.demand(provider, secret) if verify else verification.UNTRIED
        try:
            slot = stored_source(await self._credentials.store(provider, label, secret))
        except KeyringLocked:
            self._registry.announce(provider.name)  # the old key may have become unusable
            raise
        self._reader.put(slot, secret, known)
        self._registry.announce(provider.name)
        return self._registry.row(provider, slot)

    async def logout(self, provider_name: str, label: str | None = None) -> list[KeyStatus]:
        """Remove one stored key of a provider, or all. Return the provider's rows as they are now.

        Whoever signs out of all wants no stored key: after the list of stored keys was damaged,
        this lets the provider's other sources serve again.

        Raises:
            BadRequest: no such provider, or nothing stored under this label.
            KeyringLocked: the store is locked, the key is still there; or the list cannot be read.
        """
        self._credentials.index.look_again()
        self._credentials.index.demand_usable()
        labels = self.stored_labels(provider_name)
        if not labels:
            find_provider(self._config(), provider_name)
        if label is not None:
            if label not in labels:
                stored = ", ".join(labels) or "none"
                raise BadRequest(f"{provider_name} has no key {label!r}; stored: {stored}")
            labels = (label,)
        left: list[str | None] = []
        for entry in (KeyId(provider_name, name) for name in labels):
            left.append(await self._credentials.remove(entry))
            self._registry.forget(entry)
        if label is None:
            await self._credentials.settle(provider_name)
            self._registry.announce(provider_name)
        notes = "; ".join(note for note in left if note)
        rows = self._registry.rows_of(provider_name)
        if notes and rows:
            rows[0] = msgspec.structs.replace(rows[0], hint=notes)
        return rows

    def stored_labels(self, provider_name: str) -> tuple[str, ...]:
        """Return the labels of the keys stored for a provider."""
        return tuple(known.label for known in self._credentials.index.of(provider_name))

    async def status(self) -> list[KeyStatus]:
        """Return all rows. Sources that could not be read are asked again first, but no command."""
        self._credentials.index.look_again()
        slots = [slot for slot in self._registry.all_slots() if slot.source != "command"]
        self._reader.forget_failing(slots)
        await self._reader.read(slots)
        self._registry.announce_all()
        return self.rows()

    def rows(self) -> list[KeyStatus]:
        """Return all rows as they are known now, without any I/O: for a snapshot."""
        return self._registry.rows()

    async def keyring_state(self) -> StoreState:
        """Look whether the keyring can be used now, for the daemon's own status."""
        return await self._credentials.probe()

    async def test(self, provider_name: str | None = None) -> list[KeyStatus]:
        """Check all keys now, refused and unreadable ones too, each with a free call.

        Raises:
            BadRequest: no such provider.
        """
        self._credentials.index.look_again()
        config = self._config()
        chosen = [find_provider(config, provider_name)] if provider_name else None
        slots = [
            (provider, slot)
            for provider in chosen or config.providers.values()
            for slot in self._registry.slots(provider)
        ]
        self._reader.forget_failing(slot for _, slot in slots)
        limit = trio.CapacityLimiter(CHECKS_AT_ONCE)
        async with trio.open_nursery() as nursery:
            for provider, slot in slots:
                nursery.start_soon(self._test, provider, slot, limit)
        return self._registry.rows_of(provider_name) if provider_name else self.rows()

    async def import_keys(
        self, variables: Mapping[str, str], *, verify: bool = True
    ) -> list[ImportOutcome]:
        """Store the keys among `variables`, which a client found in its own environment.

        Args:
            variables: names and values; only those that a provider names are looked at.
            verify: as for `login`.
        """
        plan = plan_import(self._config(), variables)

        async def store(provider: Provider, secret: Secret) -> None:
            await self.login(provider.name, secret, verify=verify)

        return await import_keys(plan, variables, is_stored=self._is_stored, store=store)

    async def reload(self) -> None:
        """Ask all sources again: the configuration changed, or the user wishes it.

        Refused keys get another chance with it.
        """
        self._credentials.index.look_again()
        self._reader.forget()
        await self.warm()

    # -------------------------------------------------------------- inside

    def _provider_with_keys(self, name: str) -> Provider:
        provider = find_provider(self._config(), name)
        if not provider.needs_key:
            raise BadRequest(f"{name} needs no key: it can be used as it is")
        if problem := plain_http(provider):
            raise BadRequest(f"{name}: {problem}")
        return provider

    async def _test(self, provider: Provider, slot: KeySource, limit: trio.CapacityLimiter) -> None:
        async with limit:
            await self._reader.read([slot])
            held = self._reader.held(slot)
            secret = held.secret
            if secret and not held.is_stale and forbidden_reason(provider, slot) is None:
                after = await self._live.test(provider, secret, held.standing, origin=slot.origin)
                if self._reader.held(slot).secret == secret:  # else someone signed in meanwhile
                    self._reader.held(slot).standing = after
        self._registry.announce(provider.name)

    async def _is_stored(self, provider: Provider, secret: Secret) -> bool:
        """Whether this very key is stored, is for this origin, and was not refused since."""
        slots = [stored_source(known) for known in self._credentials.index.of(provider.name)]
        await self._reader.read(slots)
        return any(
            self._reader.held(slot).secret == secret
            and status.effective_status(provider, slot, self._reader.held(slot).standing).is_usable
            for slot in slots
        )

    def __repr__(self) -> str:
        return f"<AuthManager {self._registry!r}>"
