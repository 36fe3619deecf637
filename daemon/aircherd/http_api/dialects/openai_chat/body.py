"""The schema of what clients send to `/chat/completions`.

One decoder reads a request in one pass. `_KNOWN` refuses fields that are not listed here; only then
their names are looked for. Fields without a word of ours stay undecoded. Clients write null for
what they do not set.
"""

import msgspec

from aircherd.http_api.dialects.common.reading import (
    FIELDS,
    ITEMS,
    check_body,
    decode_body,
    is_set,
    no_json,
    text_of,
)

_NOTHING = msgspec.Raw()


class CacheControl(msgspec.Struct, gc=False):
    """Anthropic's mark for its cache, which clients of OpenRouter and LiteLLM send here too."""

    ttl: str | None = None


class ImageUrl(msgspec.Struct, gc=False):
    """A picture by URL; `detail` is not read."""

    url: str


class InputAudio(msgspec.Struct, gc=False):
    """Sound."""

    data: str
    format: str | None = None


class InputFile(msgspec.Struct, gc=False):
    """A file: its data as a data URL, or its id at OpenAI."""

    file_data: str | None = None
    filename: str | None = None
    file_id: str | None = None


class ContentPart(msgspec.Struct, gc=False):
    """A part of a content, of any type."""

    type: str
    text: str | None = None
    image_url: ImageUrl | str | None = None
    input_audio: InputAudio | None = None
    file: InputFile | None = None
    refusal: str | None = None
    cache_control: CacheControl | None = None


class CalledFunction(msgspec.Struct, gc=False):
    """The function of a call."""

    name: str
    arguments: str | None = None


class CalledCustom(msgspec.Struct, gc=False):
    """The custom tool of a call."""

    name: str
    input: str | None = None


class ToolCall(msgspec.Struct, gc=False):
    """A call by the model; `extra_content` is Google's, and may hold our mark."""

    id: str
    type: str | None = None
    function: CalledFunction | None = None
    custom: CalledCustom | None = None
    extra_content: object = None


class ChatMessage(msgspec.Struct, gc=False):
    """A message of any role."""

    role: str
    content: str | list[ContentPart] | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str | None = None
    refusal: str | None = None
    cache_control: CacheControl | None = None
    function_call: msgspec.Raw = _NOTHING
    audio: msgspec.Raw = _NOTHING


class FunctionTool(msgspec.Struct, gc=False):
    """A function of the client; its schema stays undecoded."""

    name: str
    description: str | None = None
    parameters: msgspec.Raw = _NOTHING
    strict: bool | None = None
    cache_control: CacheControl | None = None


class CustomTool(msgspec.Struct, gc=False):
    """A custom tool of the client."""

    name: str
    description: str | None = None
    format: msgspec.Raw = _NOTHING


class ToolDefinition(msgspec.Struct, gc=False):
    """A tool of any type."""

    type: str = "function"
    function: FunctionTool | None = None
    custom: CustomTool | None = None
    cache_control: CacheControl | None = None


class NamedChoice(msgspec.Struct, gc=False):
    """A choice between tools that is not a word. Some clients leave out the inner object."""

    type: str = "function"
    function: CalledFunction | None = None
    custom: CalledCustom | None = None
    name: str | None = None


class AnswerSchema(msgspec.Struct, gc=False):
    """A schema for the answer."""

    name: str | None = None
    schema: msgspec.Raw = _NOTHING
    strict: bool | None = None


class AnswerFormat(msgspec.Struct, gc=False):
    """The form of the answer. llama.cpp takes a schema beside `json_object`."""

    type: str
    json_schema: AnswerSchema | None = None
    schema: msgspec.Raw = _NOTHING


class StreamOptions(msgspec.Struct, gc=False):
    """Options of a stream."""

    include_usage: bool | None = None


class Reasoning(msgspec.Struct, gc=False):
    """OpenRouter's options for thinking."""

    effort: str | None = None
    enabled: bool | None = None
    exclude: bool | None = None


class Thinking(msgspec.Struct, gc=False):
    """The switch for thinking of Anthropic, DeepSeek, Moonshot and Z.ai."""

    type: str | None = None


class ChatBody(msgspec.Struct, gc=False):
    """A request. Below the empty line is what has no word of ours; see `fields`."""

    messages: list[ChatMessage]
    model: str | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    tools: list[ToolDefinition] | None = None
    tool_choice: str | NamedChoice | None = None
    parallel_tool_calls: bool | None = None
    max_tokens: int | float | None = None
    max_completion_tokens: int | float | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: str | list[str] | None = None
    response_format: AnswerFormat | None = None
    reasoning_effort: str | None = None
    reasoning: Reasoning | None = None
    include_reasoning: bool | None = None
    thinking: Thinking | None = None
    enable_thinking: bool | None = None
    modalities: list[str] | None = None
    prompt_cache_key: str | None = None
    session_id: str | None = None
    n: int | None = None

    models: msgspec.Raw = _NOTHING
    fallbacks: msgspec.Raw = _NOTHING
    fallback_models: msgspec.Raw = _NOTHING
    best_of: msgspec.Raw = _NOTHING

    cache_control: msgspec.Raw = _NOTHING
    metadata: msgspec.Raw = _NOTHING
    prediction: msgspec.Raw = _NOTHING
    prompt_cache_options: msgspec.Raw = _NOTHING
    prompt_cache_retention: msgspec.Raw = _NOTHING
    reasoning_summary: msgspec.Raw = msgspec.field(name="reasoningSummary", default=_NOTHING)
    safety_identifier: msgspec.Raw = _NOTHING
    seed: msgspec.Raw = _NOTHING
    store: msgspec.Raw = _NOTHING
    usage: msgspec.Raw = _NOTHING
    user: msgspec.Raw = _NOTHING
    verbosity: msgspec.Raw = _NOTHING

    audio: msgspec.Raw = _NOTHING
    frequency_penalty: msgspec.Raw = _NOTHING
    function_call: msgspec.Raw = _NOTHING
    functions: msgspec.Raw = _NOTHING
    logit_bias: msgspec.Raw = _NOTHING
    logprobs: msgspec.Raw = _NOTHING
    moderation: msgspec.Raw = _NOTHING
    plugins: msgspec.Raw = _NOTHING
    presence_penalty: msgspec.Raw = _NOTHING
    service_tier: msgspec.Raw = _NOTHING
    top_k: msgspec.Raw = _NOTHING
    top_logprobs: msgspec.Raw = _NOTHING
    web_search_options: msgspec.Raw = _NOTHING


class _KnownBody(ChatBody, forbid_unknown_fields=True, gc=False):
    pass


class EmbeddingsBody(msgspec.Struct, gc=False):
    """A request for embeddings; everything else in it is the provider's to read."""

    input: str | list[str | int | list[int]]
    model: str | None = None


_KNOWN = msgspec.json.Decoder(_KnownBody)
_ANY = msgspec.json.Decoder(ChatBody)
_EMBEDDINGS = msgspec.json.Decoder(EmbeddingsBody)
_NAMES = frozenset(field.encode_name for field in msgspec.structs.fields(ChatBody))


def read_body(data: bytes) -> tuple[ChatBody, list[str]]:
    """Return a request, and the names of the fields in it that are not known.

    Raises:
        RequestProblem: it is no JSON, or a known field has a wrong type.
    """
    check_body(data)
    try:
        return _KNOWN.decode(data), []
    except msgspec.ValidationError:
        pass  # there is an unknown field, or a known one is wrong
    except (ValueError, RecursionError) as error:
        raise no_json(error) from None
    body = decode_body(_ANY, data)
    fields = FIELDS.decode(data).items()
    return body, [name for name, raw in fields if name not in _NAMES and is_set(raw)]


def read_embeddings_body(data: bytes) -> EmbeddingsBody:
    """Return a request for embeddings.

    Raises:
        RequestProblem: likewise.
    """
    return decode_body(_EMBEDDINGS, data)


def raw_tools(data: bytes) -> list[str]:
    """Return each tool of a request that was read as it came: few have one that is not typed."""
    return [text_of(raw) for raw in ITEMS.decode(FIELDS.decode(data)["tools"])]
