"""A key's state, source and status, without the key itself."""

import enum
import re
from typing import Literal

import msgspec

from aircherd.vocabulary.failure import Failure
from aircherd.vocabulary.secret import Secret

LABEL = re.compile(r"(env:)?[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
"""The name of a key: the label of a stored key, `env:NAME` or `command`."""

DEFAULT_LABEL = "default"
"""The label of a stored key if the user gives none."""


class KeyState(enum.Enum):
    """The authentication state. `unverified` keys are used like authenticated ones.

    The `key_command` of an `unreadable` key failed.
    Keys of a provider whose entry in the configuration is invalid are `refused`: not used.
    """

    AUTHENTICATED = "authenticated"
    UNVERIFIED = "unverified"
    NOT_CONFIGURED = "not_configured"
    REJECTED = "rejected"
    LOCKED = "locked"
    UNREADABLE = "unreadable"
    NOT_REQUIRED = "not_required"
    REFUSED = "refused"


USABLE = frozenset({KeyState.AUTHENTICATED, KeyState.UNVERIFIED, KeyState.NOT_REQUIRED})
"""States in which a provider can be called."""

BEST_FIRST = (
    KeyState.AUTHENTICATED,
    KeyState.UNVERIFIED,
    KeyState.NOT_REQUIRED,
    KeyState.LOCKED,
    KeyState.UNREADABLE,
    KeyState.REJECTED,
    KeyState.NOT_CONFIGURED,
)
"""The states of keys; the state of a provider is that of its best key."""


class Health(enum.Enum):
    """The availability of a provider or key, apart from authentication."""

    OK = "ok"
    COOLING = "cooling"
    QUOTA_EXHAUSTED = "quota_exhausted"
    UNREACHABLE = "unreachable"


SourceKind = Literal["keyring", "file", "command", "environment"]


class ApiKey(msgspec.Struct, frozen=True):
    """A key for one call. Only `AuthManager.get_api_key` creates them.

    `name` identifies it in attempts and status: the label of a stored key, `command`, or
    `env:NAME`. It may only be sent to `origin` (scheme, host, port).
    """

    provider: str
    name: str
    secret: Secret
    source: SourceKind
    origin: str


class KeyStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `auth.status`: one per key, and one per provider without a key.

    `source` is display text ("keyring", "file, not encrypted", "environment variable
    OPENAI_API_KEY"); `shadowed` lists the sources that this key overrides; `checked_at` and
    `failing_since` are Unix times; `hint` says what to do next.
    """

    provider: str
    state: KeyState
    key: str | None = None
    reason: str | None = None
    source: str | None = None
    masked: str | None = None
    shadowed: list[str] = []
    origin: str | None = None
    checked_at: float | None = None
    checked_how: str | None = None
    failing_since: float | None = None
    hint: str | None = None


class KeyChoice(msgspec.Struct, frozen=True):
    """A key of a provider as routing sees it, without its value.

    `name` is as in `ApiKey.name`, None if no key is needed or available; `message` says why a key
    cannot be used and what to do.
    """

    name: str | None
    state: KeyState
    message: str | None = None


class KeyCheck(msgspec.Struct, frozen=True):
    """The result of a free live check of a key; `ok` is None if the check was inconclusive.

    `how` is the request made ("GET /v1/models"); `failure` is what went wrong.
    """

    ok: bool | None
    how: str
    failure: Failure | None = None
