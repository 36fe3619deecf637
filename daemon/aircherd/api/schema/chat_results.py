"""The results of `chat`, `chat.start` and `route.explain`, and the data of a chat's error."""

from typing import Annotated, Literal, NotRequired, TypedDict

from aircherd.api.schema.fields import (
    FullName,
    KeyName,
    KeyState,
    Message,
    Milliseconds,
    ModelName,
    Outcome,
    ProviderName,
    Tokens,
    Until,
    Usd,
    says,
)

Finish = Literal["stop", "length", "tool_calls", "pause", "refusal", "content_filter"]


class Usage(TypedDict):
    """Token counts of an answer."""

    input_tokens: Annotated[int, says("all input, what was cached and written included")]
    output_tokens: Annotated[int, says("all output, reasoning included")]
    cached_tokens: Annotated[int, says("input that was read from a cache")]
    cache_write_tokens: Annotated[int, says("input that was written to a cache")]
    reasoning_tokens: Annotated[int, says("output that is thinking")]
    cache_write_1h_tokens: Annotated[int, says("of the written ones, those kept for an hour")]


class Attempt(TypedDict):
    """A call to a provider that was made."""

    provider: ProviderName
    model: ModelName
    outcome: Outcome
    ms: Milliseconds
    key: NotRequired[KeyName]
    status: NotRequired[Annotated[int, says("the HTTP status of a failed call")]]
    message: NotRequired[Message]


class Skipped(TypedDict):
    """A candidate that was not called."""

    provider: ProviderName
    reason: Annotated[str, says("an error code")]
    message: Message
    model: NotRequired[ModelName]
    key: NotRequired[KeyName]
    until: NotRequired[Until]


class AnswerCitation(TypedDict):
    """A source of a text."""

    url: NotRequired[Annotated[str, says("address of the source")]]
    title: NotRequired[Annotated[str, says("title of the source")]]
    quote: NotRequired[Annotated[str, says("the words of the source")]]
    start: NotRequired[Annotated[int, says("first character of the part's text that it is about")]]
    end: NotRequired[Annotated[int, says("the character after the last one")]]
    document: NotRequired[Annotated[int, says("number of the document in the request, from 0")]]
    data: NotRequired[Annotated[str, says("the vendor's own form, as a JSON string")]]


class _Signed(TypedDict):
    """What a provider wants to get back with a part."""

    signature: NotRequired[Annotated[str, says("opaque: send it back unchanged")]]
    origin: NotRequired[Annotated[FullName, says("provider/model that sent it")]]


class AnswerText(_Signed):
    """Text of an answer."""

    type: Literal["text"]
    text: Annotated[str, says("what is said")]
    refusal: NotRequired[Annotated[bool, says("true: the model says why it does not answer")]]
    citations: NotRequired[Annotated[list[AnswerCitation], says("sources of the text")]]


class AnswerImage(_Signed):
    """A picture that the model made."""

    type: Literal["image"]
    data: NotRequired[Annotated[str, says("base64")]]
    media_type: NotRequired[Annotated[str, says("such as image/png")]]
    url: NotRequired[Annotated[str, says("instead of data")]]


class AnswerAudio(_Signed):
    """Sound that the model made."""

    type: Literal["audio"]
    data: Annotated[str, says("base64")]
    media_type: NotRequired[Annotated[str, says("such as audio/wav")]]
    transcript: NotRequired[Annotated[str, says("what is said in it")]]


class AnswerToolCall(_Signed):
    """A call that the client answers with a tool_result."""

    type: Literal["tool_call"]
    id: Annotated[str, says("its result has the same")]
    name: Annotated[str, says("name of the tool")]
    arguments: Annotated[str, says("JSON as a string; any text if custom is true")]
    custom: NotRequired[Annotated[bool, says("true: a call of a custom tool")]]


class AnswerReasoning(_Signed):
    """The model's thinking."""

    type: Literal["reasoning"]
    text: NotRequired[Annotated[str, says("missing if the vendor hides it")]]


class AnswerOther(TypedDict):
    """What the provider sent and no other part has a word for."""

    type: Literal["other"]
    kind: Annotated[str, says("the vendor's word")]
    origin: Annotated[FullName, says("provider/model that sent it")]
    data: Annotated[str, says("the vendor's JSON as a string")]
    signature: NotRequired[Annotated[str, says("opaque: send it back unchanged")]]


class AnswerPart(TypedDict):
    """A part of an answer; `type` says which of the keys it has."""

    type: str


ANSWER_PARTS: dict[str, type] = {
    "text": AnswerText,
    "image": AnswerImage,
    "audio": AnswerAudio,
    "tool_call": AnswerToolCall,
    "reasoning": AnswerReasoning,
    "other": AnswerOther,
}
"""What an `AnswerPart` is, by its type."""


class AnswerMessage(TypedDict):
    """The answer: a message that can be sent back as it is."""

    role: Annotated[Literal["assistant"], says("always the same")]
    content: list[AnswerPart]


class ChatResult(TypedDict):
    """The whole answer: it repeats what the deltas had."""

    message: AnswerMessage
    finish: Annotated[Finish, says("why it ended; after pause, send the conversation back")]
    usage: Annotated[Usage | None, says("nil if the provider sent none")]
    cost: Annotated[str | None, says("USD as a decimal string, nil if unknown")]
    provider: ProviderName
    model: ModelName
    attempts: Annotated[list[Attempt], says("the calls, in order; the last one answered")]
    skipped: Annotated[list[Skipped], says("candidates that were not called")]
    empty: NotRequired[Annotated[bool, says("true: the provider answered with nothing")]]
    answered_by: NotRequired[
        Annotated[str, says("provider/model that answered, where the provider is another daemon")]
    ]


class Stream(TypedDict):
    """What identifies a stream; its deltas and its end have the number, too."""

    stream: Annotated[int, says("a number; cancels it")]


class Needs(TypedDict):
    """What a request needs of a model; the counts are estimates."""

    abilities: Annotated[list[str], says("keys of a model in models.list")]
    input_tokens: Tokens
    output_tokens: Annotated[int, says("max_tokens of the request, 0 without")]
    unpriced: NotRequired[Annotated[str, says("an option with a price of its own")]]


class Candidate(TypedDict):
    """A model that would be asked."""

    provider: ProviderName
    model: ModelName
    key: NotRequired[KeyName]
    price: NotRequired[Usd]
    output_tokens: Annotated[int, says("the output that the price assumes")]
    why: Annotated[str, says("why it has this place")]
    until: NotRequired[Annotated[float, says("Unix time when its cooldown ends")]]


class ProviderSignIn(TypedDict):
    """What the user can do about the key of a provider."""

    provider: ProviderName
    state: KeyState
    needed: NotRequired[Annotated[bool, says("true: the request could be answered with it")]]
    kind: NotRequired[Annotated[str, says("the API, such as anthropic")]]
    model: NotRequired[FullName]
    models: NotRequired[Annotated[int, says("how many models a local server has")]]
    key: NotRequired[KeyName]
    masked: NotRequired[Annotated[str, says("the last characters of the key")]]
    reason: NotRequired[Message]
    hint: NotRequired[Annotated[str, says("what to do next")]]
    command: NotRequired[Annotated[str, says("stores a usable key")]]
    keys_page: NotRequired[Annotated[str, says("address of the page where keys are created")]]
    env: NotRequired[Annotated[list[str], says("environment variables that the daemon reads")]]
    shadowed: NotRequired[Annotated[list[str], says("variables that a broken stored key hides")]]


class SignInRefused(TypedDict):
    """Why the client cannot store keys."""

    message: Message
    elsewhere: NotRequired[Annotated[bool, says("true: the daemon is on another machine")]]
    command: NotRequired[Annotated[str, says("has to be run first: all keys are locked")]]


class SignIn(TypedDict):
    """What the user can do about missing keys."""

    providers: Annotated[list[ProviderSignIn], says("at most 20, the needed ones first")]
    environment: Annotated[list[str], says("variables with which auth.import would help")]
    refused: NotRequired[SignInRefused]


class Explained(TypedDict):
    """Which candidates a request would try now, and which not."""

    strategy: Annotated[
        Literal["priority", "cheapest", "fastest"], says("what orders the candidates")
    ]
    max_attempts: Annotated[int, says("at most so many calls")]
    needs: Needs
    candidates: Annotated[list[Candidate], says("in the order in which they would be called")]
    skipped: list[Skipped]
    project: NotRequired[Annotated[str, says("the entry of [projects] for the client's folder")]]
    sign_in: NotRequired[SignIn]


class ChatErrorData(TypedDict, total=False):
    """The `data` of an error of a chat; what came before the end is in `text` and `message`."""

    attempts: list[Attempt]
    skipped: list[Skipped]
    until: Until
    sign_in: SignIn
    text: Annotated[str, says("the answer so far")]
    message: AnswerMessage
    usage: Annotated[Usage | None, says("nil if the provider sent none")]
    finish: Annotated[Literal["truncated", "error"], says("how the answer ended")]
    provider: ProviderName
    model: ModelName
