"""The body of a chat completions request.

Servers differ in what they take: see `Quirks`. What a server cannot express is refused, naming the
field; an effort that it does not know becomes the nearest one that it does.
"""

from aircherd.errors import fail
from aircherd.providers.chat_completions.messages import write_messages
from aircherd.providers.chat_completions.quirks import Quirks
from aircherd.providers.codec.json_out import is_closed, parse_object
from aircherd.providers.corrections import OwnField
from aircherd.providers.request_fields import (
    check_modalities,
    check_tools,
    function_tool,
    sampling_fields,
)
from aircherd.vocabulary.chat import (
    ChatRequest,
    JsonFormat,
    NamedTool,
    ResponseFormat,
    ToolChoice,
)
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model

Body = dict[str, object]

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
        body |= _tools(request, quirks)
    if request.response_format is not None:
        body["response_format"] = _response_format(request.response_format)
    if request.max_tokens is not None:
        body[quirks.max_tokens_field] = request.max_tokens
    if request.stop:
        body["stop"] = request.stop
    if request.temperature is not None or request.top_p is not None:
        body |= sampling_fields(request, model)
    if request.modalities is not None:
        check_modalities(request, quirks.name)
    return body


def _tools(request: ChatRequest, quirks: Quirks) -> Body:
    check_tools(request.tools, quirks.name, ("function",), form="chat")
    body: Body = {"tools": [function_tool(tool) for tool in request.tools]}
    if request.tool_choice is not None:
        body["tool_choice"] = _tool_choice(request.tool_choice)
    if request.parallel_tool_calls is not None:
        body["parallel_tool_calls"] = request.parallel_tool_calls
    return body


def _tool_choice(choice: ToolChoice) -> object:
    if isinstance(choice, NamedTool):
        return {"type": "function", "function": {"name": choice.name}}
    return choice


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
