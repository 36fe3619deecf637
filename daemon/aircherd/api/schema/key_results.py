"""The results of methods about keys: `auth.*`, `audit.list`, `confirm.*`."""

from typing import Annotated, Literal, NotRequired, TypedDict

from aircherd.api.schema.chat_results import SignInRefused
from aircherd.api.schema.fields import (
    FilePath,
    Health,
    HealthReason,
    KeyName,
    KeyState,
    Message,
    Outcome,
    ProviderName,
    Time,
    Until,
    says,
)
from aircherd.api.schema.state_results import AuditState, ConfigState, Lock


class Allowance(TypedDict):
    """A counter of a provider's rate limit."""

    counted: Annotated[
        Literal["requests", "tokens", "input_tokens", "output_tokens"], says("what is limited")
    ]
    limit: NotRequired[Annotated[int, says("how much the provider allows")]]
    remaining: NotRequired[Annotated[int, says("how much is left")]]
    reset_at: NotRequired[Time]


class KeyRow(TypedDict):
    """A key, or a provider without one."""

    provider: ProviderName
    state: KeyState
    key: NotRequired[KeyName]
    reason: NotRequired[Message]
    source: NotRequired[Annotated[str, says("where the key is from, for people")]]
    masked: NotRequired[Annotated[str, says("the last characters of the key")]]
    shadowed: Annotated[list[str], says("sources that this key overrides")]
    origin: NotRequired[Annotated[str, says("where the key may be sent: scheme, host, port")]]
    checked_at: NotRequired[Time]
    checked_how: NotRequired[Annotated[str, says("the request of the check: GET /v1/models")]]
    failing_since: NotRequired[Time]
    hint: NotRequired[Annotated[str, says("what to do next")]]
    keys_page: NotRequired[Annotated[str, says("address of the page where keys are created")]]
    builtin: NotRequired[Annotated[bool, says("true: the configuration has no such provider")]]
    absent: NotRequired[Annotated[bool, says("true: a local server that is not running")]]
    health: Health
    health_reason: NotRequired[HealthReason]
    until: NotRequired[Until]
    rate_limit: NotRequired[Annotated[list[Allowance], says("of the last response to this key")]]


class StoredRow(KeyRow):
    """The row of the key that was stored."""

    kept: NotRequired[Annotated[bool, says("true: the same key was stored already")]]


class LoggedOut(TypedDict):
    """How many keys were removed, and the rows that the provider has now."""

    removed: int
    rows: list[KeyRow]


class EngineKey(KeyRow):
    """The password of the engine of `[shared]`; its provider is `shared`."""


class AllowedProviders(TypedDict):
    """The only providers that this client may ask."""

    providers: Annotated[list[ProviderName], says("names of providers")]
    section: Annotated[str, says("NAME of the [clients.NAME] that says so")]


class AuthStatus(TypedDict):
    """The state of every key."""

    rows: list[KeyRow]
    shared: NotRequired[EngineKey]
    lock: NotRequired[Lock]
    refused: NotRequired[SignInRefused]
    allowed: NotRequired[AllowedProviders]
    environment: Annotated[list[str], says("environment variables that the daemon would read")]
    config: ConfigState


class KeyRows(TypedDict):
    """Rows as in `auth.status`."""

    rows: list[KeyRow]
    shared: NotRequired[EngineKey]


class ImportOutcome(TypedDict):
    """What became of a variable."""

    variable: str
    outcome: Literal["stored", "already", "refused", "failed", "unknown"]
    provider: NotRequired[ProviderName]
    message: NotRequired[Message]


class Imported(TypedDict):
    """What became of each variable."""

    outcomes: list[ImportOutcome]


class Locked(TypedDict):
    """The lock of all keys."""

    lock: NotRequired[Lock]
    problem: NotRequired[Annotated[str, says("why a restart of the daemon would open it")]]


class Unlocked(TypedDict):
    """All rows, after the keys were read again."""

    rows: list[KeyRow]
    problem: NotRequired[Annotated[str, says("why the lock may be closed after a restart")]]


class AuditLine(TypedDict):
    """A line of the audit log; further keys depend on its kind."""

    at: Time
    kind: Annotated[str, says("such as sign_in or config_change")]
    client: NotRequired[Annotated[str, says("the client's name")]]
    program: NotRequired[FilePath]
    pid: NotRequired[int]
    outcome: NotRequired[Outcome]
    by: NotRequired[str]
    count: NotRequired[Annotated[int, says("how often it happened within a minute")]]
    entries: NotRequired[Annotated[list[str], says("paths in the configuration that changed")]]
    more: NotRequired[Annotated[int, says("how many paths are not listed")]]
    provider: NotRequired[ProviderName]
    label: NotRequired[str]
    key: NotRequired[KeyName]
    model: NotRequired[str]
    name: NotRequired[str]
    method: NotRequired[str]
    action: NotRequired[str]
    seconds: NotRequired[
        Annotated[float | None, says("how long keys are locked; nil: until auth.unlock")]
    ]
    number: NotRequired[int]
    allow: NotRequired[bool]
    version: NotRequired[str]
    reason: NotRequired[str]


class AuditLines(TypedDict):
    """Lines of the audit log, the newest last."""

    file: FilePath
    rows: list[AuditLine]
    audit: NotRequired[AuditState]


class Question(TypedDict):
    """A question to the user."""

    number: Annotated[int, says("names it in confirm.answer")]
    client: Annotated[str, says("the client that asks")]
    program: NotRequired[FilePath]
    pid: NotRequired[Annotated[int, says("the process that asks")]]
    action: Annotated[str, says("what it wants to do")]
    until: Annotated[float, says("Unix time when it counts as refused")]


class Questions(TypedDict):
    """The questions that wait."""

    questions: list[Question]
