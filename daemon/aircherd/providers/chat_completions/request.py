"""The body of a chat completions request.

Servers differ in what they take: see `Quirks`. What a server cannot express is refused, naming the
field; an effort that it does not know becomes the nearest one that it does.
"""

from aircherd.errors import fail
from aircherd.providers.chat_completions.messages import write_messages
from aircherd.providers.chat_completions.quirks import Quirks
from aircherd.providers.chat_completions.request_parts.tools import tool_fields
from aircherd.providers.codec.json_out import is_closed, parse_object
from aircherd.providers.corrections import OwnField
from aircherd.providers.request_fields import check_modalities, sampling_fields
from aircherd.vocabulary.chat import ChatRequest, JsonFormat, ResponseFormat
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model

Body = dict[str, object]

VOICE = "alloy"
"""The voice of an answer in sound, which OpenAI requires; `extra` may name another in `audio`."""

OWN_FIELDS = (
    OwnField("stream_options", phrases=("include_usage",)),
    # Each is unknown to the servers of the other.
    OwnField("max_tokens", "rename", rename="max_completion_tokens"),
    OwnField("max_completion_tokens", "rename", rename="max_tokens"),
    OwnField("reasoning_effort", "effort"),
    # How some servers turn thinking off: what does not know it has nothing to turn off.
    OwnField("thinking"),
    OwnField("enable_thinking"),
    # Some servers send thinking in a field that they do not take back.
    OwnField("messages.*.reasoning_content"),
    OwnField("messages.*.reasoning"),
    OwnField("messages.*.reasoning_details"),
    OwnField("messages.*.thinking_blocks"),
    # Nor further fields of its messages: Groq's tools, LiteLLM's details, files that were read.
    OwnField("messages.*.executed_tools"),
    OwnField("messages.*.provider_specific_fields"),
    OwnField("messages.*.annotations"),
    OwnField("messages.*.images"),
)
"""What is in a body although no request asks for it; see `corrections`."""


def chat_body(request: ChatRequest, model: Model, quirks: Quirks) -> Body:
    """Return the body of `request`, without its reasoning effort.

    Raises:
        ProviderFailed: UNSUPPORTED: the server or the model cannot express something in it;
            BAD_REQUEST: no API could.
    """
    if quirks.max_stop is not None and len(request.stop) > quirks.max_stop:
        fail(
            FailureClass.UNSUPPORTED,
            f"stop: {quirks.name} takes at most {quirks.max_stop} texts, not {len(request.stop)}",
        )
    body: Body = {"model": model.id, "messages": write_messages(request, quirks)}
    if request.stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    if request.tools:
        body |= tool_fields(request, quirks)
    if request.response_format is not None:
        body["response_format"] = _response_format(request.response_format)
    if request.max_tokens is not None:
        body[quirks.max_tokens_field] = request.max_tokens
    if request.stop:
        body["stop"] = request.stop
    if request.temperature is not None or request.top_p is not None:
        body |= sampling_fields(request, model)
    if request.modalities is not None:
        body |= _modalities(request, quirks)
    return body


def _modalities(request: ChatRequest, quirks: Quirks) -> Body:
    """Return the fields that ask for the forms of the answer; text alone is what servers do."""
    check_modalities(request, quirks.api, quirks.modalities)
    wanted = request.modalities or []
    fields: Body = {} if wanted == ["text"] else {"modalities": wanted}
    if "audio" in wanted:
        # Streams have no other format.
        fields["audio"] = {"voice": VOICE, "format": "pcm16" if request.stream else "wav"}
    return fields


def _response_format(response_format: ResponseFormat) -> Body:
    if isinstance(response_format, JsonFormat):
        return {"type": "json_object"}
    schema = parse_object(response_format.schema, "response_format: schema")
    json_schema = {
        "name": response_format.name,
        "schema": schema,
        "strict": response_format.strict and is_closed(schema),
    }
    return {"type": "json_schema", "json_schema": json_schema}
