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
from aircherd.api.schema.state_results import ConfigProblem, ConfigState, SharedState
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
    source: NotRequired[Annotated[str, says("where the key is from, for people")]]
    masked: NotRequired[Annotated[str, says("the last characters of the key")]]
    shadowed: NotRequired[Annotated[list[str], says("sources that this key overrides")]]
    origin: NotRequired[Annotated[str, says("where the key may be sent: scheme, host, port")]]
    checked_at: NotRequired[Time]
    checked_how: NotRequired[Annotated[str, says("the request of the check: GET /v1/models")]]
    failing_since: NotRequired[Time]
    hint: NotRequired[Annotated[str, says("what to do next")]]
    removed: NotRequired[Annotated[bool, says("true: the row is gone")]]


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
    status: NotRequired[Annotated[int, says("the HTTP status of a failed call")]]
    message: NotRequired[Message]
    client: Annotated[str, says("the client that asked")]
    project: NotRequired[Annotated[str, says("the project that it asked for")]]


class UsageEvent(LimitRow, _Event):
    """A limit has reached its `warn_at`, or is full."""

    topic: Literal["usage"]


class ConfigEvent(_Event):
    """The configuration was loaded, or has a problem."""

    topic: Literal["config"]
    ok: Annotated[bool, says("false: the file is invalid, and not in use")]
    changed: NotRequired[Annotated[bool, says("true: settings in effect changed")]]
    changes: NotRequired[Annotated[list[Change], says("what changed, at most 200")]]
    more: NotRequired[Annotated[int, says("how many changes are not listed")]]
    problem: NotRequired[ConfigProblem]


class ModelsState(TypedDict):
    """The default model, and the providers."""

    default: NotRequired[Annotated[str, says("the model of a request without one")]]
    providers: Annotated[list[str], says("names of providers")]


class ModelsEvent(_Event):
    """The default model changed, or lists of models were fetched."""

    topic: Literal["models"]
    default: NotRequired[Annotated[str, says("empty if none is left")]]
    providers: NotRequired[Annotated[list[str], says("those whose lists changed")]]


class SharedEvent(SharedState, _Event):
    """The engine is away, or answers again; machines came or left; or their limits differ."""

    topic: Literal["shared"]


class ConfirmEvent(Question, _Event):
    """A question to the user, or how it ended."""

    topic: Literal["confirm"]
    outcome: NotRequired[
        Annotated[
            Literal["allowed", "refused", "timed_out", "cancelled"],
            says("how it ended; missing while it waits"),
        ]
    ]


class LaggedEvent(TypedDict):
    """Events were lost because the client did not read: fetch the state again."""

    topic: Literal["lagged"]
    dropped: Annotated[int, says("how many events were lost")]


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
    "shared": Topic(list[SharedState], SharedEvent),
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
    shared: list[SharedState]
    confirm: list[Question]


class Subscribed(TypedDict):
    """The state before the first event."""

    snapshot: Snapshot
