"""What is known about a key, apart from the key: its state, its source, what it hides."""

import enum
from typing import Literal

import msgspec

from aircherd.vocabulary.failure import Failure
from aircherd.vocabulary.secret import Secret

DEFAULT_LABEL = "default"
"""The label of a provider's stored key when the user gives none."""


class KeyState(enum.Enum):
    """About authentication only; `unverified` keys are tried like authenticated ones."""

    AUTHENTICATED = "authenticated"
    UNVERIFIED = "unverified"
    NOT_CONFIGURED = "not_configured"
    REJECTED = "rejected"
    LOCKED = "locked"
    NOT_REQUIRED = "not_required"


USABLE = frozenset({KeyState.AUTHENTICATED, KeyState.UNVERIFIED, KeyState.NOT_REQUIRED})
"""States in which a key may serve, or none is needed."""


class Health(enum.Enum):
    """About availability only."""

    OK = "ok"
    COOLING = "cooling"
    QUOTA_EXHAUSTED = "quota_exhausted"
    UNREACHABLE = "unreachable"


SourceKind = Literal["keyring", "file", "command", "environment"]


class ApiKey(msgspec.Struct, frozen=True):
    """A key ready for one call, from the only way to a key: `AuthManager.get_api_key`.

    `name` is what attempts and status call it: the label of a stored key, `command`, or `env:NAME`.
    `origin` (scheme, host, port) is the only place it may be sent to.
    """

    provider: str
    name: str
    secret: Secret
    source: SourceKind
    origin: str


class KeyStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `auth.status`: one per key, and one per provider without any.

    `source` is a sentence fragment for people ("keyring", "file, not encrypted", "environment
    variable OPENAI_API_KEY"); `shadowed` names what this key hides; `checked_at` is a Unix time;
    `failing_since` likewise; `hint` says what to do next.
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
    """One way to authenticate with a provider, as routing sees it: no key, no waiting.

    `name` is as in `ApiKey.name`, None where no key is needed or none is there; `message` says, for
    a key that cannot be used now, why and what to do.
    """

    name: str | None
    state: KeyState
    message: str | None = None


class KeyCheck(msgspec.Struct, frozen=True):
    """What a free live check of a key told: `ok` is None where it could not tell.

    `how` names the check for people ("GET /v1/models"); `failure` says what went wrong.
    """

    ok: bool | None
    how: str
    failure: Failure | None = None
