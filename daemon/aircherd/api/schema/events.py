"""The snapshot of each topic, and its events."""

from typing import Annotated, Literal, NamedTuple, NotRequired, TypedDict

from aircherd.api.schema.config_results import Change
from aircherd.api.schema.fields import (
    Health,
    HealthReason,
    KeyName,
    KeyState,
    Message,
    Milliseconds,
    ModelName,
    Outcome,
    ProviderName,
    Time,
    Until,
    says,
)
from aircherd.api.schema.key_results import KeyRow, Question
from aircherd.api.schema.state_results import ConfigProblem, ConfigState
from aircherd.api.schema.usage_results import LimitRow


class _Event(TypedDict):
    seq: Annotated[int, says("counts all events of the daemon")]
    at: Time


class AuthEvent(_Event):
    """A key whose state changed, or that was removed."""

    topic: Literal["auth"]
    provider: ProviderName
    state: KeyState
    key: NotRequired[KeyName]
    reason: NotRequired[Message]
    source: NotRequired[str]
    masked: NotRequired[str]
    shadowed: NotRequired[list[str]]
    origin: NotRequired[str]
    checked_at: NotRequired[Time]
    checked_how: NotRequired[str]
    failing_since: NotRequired[Time]
    hint: NotRequired[str]
    removed: NotRequired[bool]


class HealthRow(TypedDict):
    """The health of a provider, of a key, or of a model."""

    provider: ProviderName
    key: NotRequired[KeyName]
    model: NotRequired[ModelName]
    health: Health
    health_reason: NotRequired[HealthReason]
    until: NotRequired[Until]


class ProviderEvent(HealthRow, _Event):
    """A cooldown starts, is extended or ends."""

    topic: Literal["provider"]


class AttemptEvent(_Event):
    """An attempt has ended."""

    topic: Literal["attempt"]
    provider: ProviderName
    model: ModelName
    outcome: Outcome
    ms: Milliseconds
    key: NotRequired[KeyName]
    status: NotRequired[int]
    message: NotRequired[Message]
    client: str
    project: NotRequired[str]


class UsageEvent(LimitRow, _Event):
    """A limit has reached its `warn_at`, or is full."""

    topic: Literal["usage"]


class ConfigEvent(_Event):
    """The configuration was loaded, or has a problem."""

    topic: Literal["config"]
    ok: bool
    changed: NotRequired[bool]
    changes: NotRequired[list[Change]]
    more: NotRequired[int]
    problem: NotRequired[ConfigProblem]


class ModelsState(TypedDict):
    """The default model, and the providers."""

    default: NotRequired[str]
    providers: list[str]


class ModelsEvent(_Event):
    """The default model changed, or lists of models were fetched."""

    topic: Literal["models"]
    default: NotRequired[Annotated[str, says("empty if none is left")]]
    providers: NotRequired[Annotated[list[str], says("those whose lists changed")]]


class ConfirmEvent(Question, _Event):
    """A question to the user, or how it ended."""

    topic: Literal["confirm"]
    outcome: NotRequired[Literal["allowed", "refused", "timed_out", "cancelled"]]


class LaggedEvent(TypedDict):
    """Events were lost because the client did not read: fetch the state again."""

    topic: Literal["lagged"]
    dropped: int


class Topic(NamedTuple):
    """What `events.subscribe` returns of a topic, and what comes after it."""

    snapshot: object
    event: type


TOPICS: dict[str, Topic] = {
    "auth": Topic(list[KeyRow], AuthEvent),
    "provider": Topic(list[HealthRow], ProviderEvent),
    "attempt": Topic(list[AttemptEvent], AttemptEvent),
    "usage": Topic(list[LimitRow], UsageEvent),
    "config": Topic(ConfigState, ConfigEvent),
    "models": Topic(ModelsState, ModelsEvent),
    "confirm": Topic(list[Question], ConfirmEvent),
}
"""`lagged` is an event without a topic to subscribe to."""


class Snapshot(TypedDict, total=False):
    """The state of the topics that were asked for."""

    auth: list[KeyRow]
    provider: list[HealthRow]
    attempt: list[AttemptEvent]
    usage: list[LimitRow]
    config: ConfigState
    models: ModelsState
    confirm: list[Question]


class Subscribed(TypedDict):
    """The state before the first event."""

    snapshot: Snapshot
