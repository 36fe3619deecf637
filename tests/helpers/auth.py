"""An `AuthManager` with in-memory stores, and control over everything it depends on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from aircherd.auth.key_cache import KeyCache
from aircherd.auth.key_verifier import PasswordChecker
from aircherd.auth.manager import AuthManager
from aircherd.auth.stores.base import KeyId
from aircherd.auth.stores.checked_keys import CheckedKeys
from aircherd.auth.stores.credential_store import CredentialStore
from aircherd.auth.stores.index import KeyIndex
from aircherd.auth.variables.key_variables import KeyVariables
from aircherd.config.model import DEFAULT_CONFIG, Config, Provider
from aircherd.events import Event, EventBus
from aircherd.redaction import Redactor
from aircherd.testing.keyring import MemoryStore
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.keys import KeyCheck, KeyStatus
from aircherd.vocabulary.secret import Secret

KEY = "canary-first-0123456789"
OTHER = "canary-other-0123456789"
NOW = 1_750_000_000.0

WORKS = KeyCheck(True, "GET /v1/models")
REFUSED = KeyCheck(
    False,
    "GET /v1/models",
    Failure(kind=FailureClass.AUTH, message="refused the key (HTTP 401)", status=401),
)
NO_NETWORK = KeyCheck(
    None, "GET /v1/models", Failure(kind=FailureClass.NETWORK, message="cannot connect")
)


def provider(name: str = "work", **fields: object) -> Provider:
    """Return a provider that is not built in."""
    base_url = fields.pop("base_url", f"https://{name}.example.com/v1")
    return Provider(name=name, kind="openai", base_url=base_url, **fields)  # type: ignore[arg-type]


def config(*providers: Provider) -> Config:
    """Return the built-in configuration with `providers` added or replaced."""
    return Config(providers={**DEFAULT_CONFIG.providers, **{p.name: p for p in providers}})


@dataclass
class Rig:
    """Change `config`, `environ`, `check` and the stores freely; `events` has all `auth` events."""

    folder: Path
    config: Config = field(default_factory=lambda: config(provider(env=("WORK_KEY",))))
    environ: dict[str, str] = field(default_factory=dict)
    keyring: MemoryStore = field(default_factory=lambda: MemoryStore("keyring"))
    file: MemoryStore = field(default_factory=lambda: MemoryStore("file"))
    check: Callable[[Provider, Secret], KeyCheck] = lambda _provider, _secret: WORKS
    now: float = NOW
    checked: list[tuple[str, str]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    replaced: list[tuple[str, str]] = field(default_factory=list)
    redactor: Redactor = field(default_factory=Redactor)

    def __post_init__(self) -> None:
        self.index_file = self.folder / "keys.json"
        self.bus = EventBus(lambda: self.now)
        self._subscription = self.bus.subscribed(("auth",), self.events.append)
        self._subscription.__enter__()
        self.auth = self.new_manager()

    def new_manager(
        self,
        checked: CheckedKeys | None = None,
        check_password: PasswordChecker | None = None,
    ) -> AuthManager:
        """Return a manager as after a restart, which knows only what is stored, and `checked`."""
        return AuthManager(
            config=lambda: self.config,
            environ=self.environ,
            keyring=self.keyring,
            file=self.file,
            index=KeyIndex(self.index_file),
            bus=self.bus,
            redactor=self.redactor,
            check_key=self._check,
            clock=lambda: self.now,
            environment_file=self.folder / "environment",
            lock_file=self.folder / "key-lock.json",
            on_key_replaced=lambda provider, key: self.replaced.append((provider, key)),
            checked=checked,
            check_password=check_password,
        )

    def new_credential_store(self) -> CredentialStore:
        """Return a credential store alone."""
        return CredentialStore(
            keyring=self.keyring,
            file=self.file,
            index=KeyIndex(self.index_file),
            clock=lambda: self.now,
        )

    def new_cache(self, credentials: CredentialStore) -> KeyCache:
        """Return a key cache alone."""
        return KeyCache(
            credentials=credentials,
            variables=KeyVariables(self.environ),
            redactor=self.redactor,
            clock=lambda: self.now,
            on_replaced=lambda provider, key: self.replaced.append((provider, key)),
        )

    async def _check(self, provider: Provider, secret: Secret) -> KeyCheck:
        self.checked.append((provider.name, secret.reveal()))
        return self.check(provider, secret)

    @property
    def work(self) -> Provider:
        """The provider that most tests use."""
        return self.config.providers["work"]

    def change(self, **fields: object) -> None:
        """Change the configuration of `work`."""
        self.config = config(msgspec.structs.replace(self.work, **fields))

    def auth_events(self, name: str = "work") -> list[tuple[object, object]]:
        """Return key and state of each event about a provider, and clear the events."""
        events = [e.data for e in self.events if e.data["provider"] == name]
        self.events.clear()
        return [(data.get("key"), data["state"]) for data in events]


def key_id(label: str = "default", name: str = "work") -> KeyId:
    """Return the name of a stored key."""
    return KeyId(name, label)


async def login(auth: AuthManager, key: str = KEY, **options: Any) -> KeyStatus:
    """Store a key of the provider `work`."""
    return await auth.stored.login("work", Secret(key), **options)


async def key_of(rig: Rig, name: str | None = None) -> tuple[str, str, str]:
    """Return name, value and source of the key that a request would get."""
    key = await rig.auth.get_api_key(rig.work, name)
    return key.name, key.secret.reveal(), key.source


def states(auth: AuthManager, work: Provider) -> list[tuple[str | None, str]]:
    """Return the name and the state of each key, as routing sees them."""
    return [(choice.name, choice.state.value) for choice in auth.key_choices(work)]


async def row(auth: AuthManager, label: str = "default") -> KeyStatus:
    """Return the row of a stored key, or of the key of this name."""
    (found,) = [r for r in await auth.status() if (r.provider, r.key) == ("work", label)]
    return found
