"""The results of `models.*` and `cooldowns.clear`."""

from typing import Annotated, Literal, NotRequired, TypedDict

from aircherd.api.schema.fields import (
    FilePath,
    FullName,
    Health,
    KeyState,
    Message,
    ModelName,
    ProviderName,
    Time,
    Tokens,
    Usd,
    says,
)


class Rates(TypedDict):
    """USD per million tokens, as decimal strings."""

    input: Usd
    output: Usd
    cached: NotRequired[Usd]
    cache_write: NotRequired[Usd]
    cache_write_1h: NotRequired[Usd]


class Tier(Rates):
    """Prices of all tokens of a call whose input is longer."""

    above: Tokens


class Prices(Rates):
    """What a model costs."""

    tiers: NotRequired[list[Tier]]


class Model(TypedDict):
    """A model. What is unknown is absent, never 0 or false."""

    provider: ProviderName
    model: ModelName
    name: NotRequired[Annotated[str, says("its name for people")]]
    window: NotRequired[Annotated[int, says("tokens of input and output together")]]
    max_output: NotRequired[Tokens]
    prices: NotRequired[Prices]
    tools: NotRequired[Annotated[bool, says("whether it calls tools")]]
    images: NotRequired[Annotated[bool, says("whether it reads pictures")]]
    documents: NotRequired[Annotated[bool, says("whether it reads PDFs")]]
    audio: NotRequired[Annotated[bool, says("whether it takes sound")]]
    reasoning: NotRequired[Annotated[bool, says("whether it can think first")]]
    json_schema: NotRequired[Annotated[bool, says("whether its answer can follow a schema")]]
    sampling: NotRequired[Annotated[bool, says("whether it takes temperature and top_p")]]
    api: NotRequired[
        Annotated[Literal["chat", "responses"], says("which of OpenAI's APIs it is asked by")]
    ]
    released: NotRequired[Annotated[str, says("2025-09-29 or 2025-09")]]
    chats: NotRequired[Annotated[bool, says("false: it does something else, as embeddings")]]
    latency_s: NotRequired[Annotated[float, says("seconds to the first output, lately")]]
    state: KeyState
    health: NotRequired[Health]
    is_default: NotRequired[Annotated[bool, says("true: a request without a model asks it")]]
    aliases: NotRequired[Annotated[list[str], says("aliases that lead to it")]]
    source: Annotated[
        list[Literal["shipped", "models.dev", "provider", "config"]],
        says("where this is from; later ones override earlier ones"),
    ]


class Alias(TypedDict):
    """A name in the configuration for a chain of models."""

    name: Annotated[str, says("the alias")]
    routes: Annotated[list[str], says("provider/model, the first one first")]


class ModelList(TypedDict):
    """A provider's list of models, and why the last fetch failed."""

    provider: ProviderName
    fetched_at: NotRequired[Time]
    error: NotRequired[Message]
    is_absent: NotRequired[Annotated[bool, says("true: a local server that is not running")]]


class ModelsList(TypedDict):
    """Models and their metadata."""

    models: list[Model]
    aliases: list[Alias]
    default: NotRequired[Annotated[str, says("the model of a request without one")]]
    lists: list[ModelList]


class UsedModel(TypedDict):
    """The new default, and the file that has it."""

    model: Annotated[str, says("an alias or provider/model")]
    file: FilePath
    unlisted: NotRequired[Annotated[bool, says("true: the provider does not list it")]]
    nearest: NotRequired[FullName]


class ModelsDev(TypedDict, total=False):
    """The public catalogue."""

    models: int
    fetched_at: Time
    error: Message


class Refreshed(TypedDict):
    """What was fetched."""

    lists: list[ModelList]
    models_dev: NotRequired[ModelsDev]


class Cleared(TypedDict):
    """How many cooldowns were cleared."""

    cleared: int
