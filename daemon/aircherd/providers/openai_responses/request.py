"""The body of a `POST /responses` request.

What differs from other APIs:

- `stop`: there is no such field, so it is refused.
- `max_tokens` below 16 becomes 16, the minimum of this API. That costs a few tokens more, but other
  APIs accept such a request too.
- Tools keep their schemas as they are: without `strict: false` the API would tighten them.
"""

from aircherd.errors import fail
from aircherd.providers.chat_completions.quirks import openai_effort
from aircherd.providers.codec.json_out import is_closed, parse_object, tool_parameters
from aircherd.providers.openai_responses.input_items import write_input
from aircherd.providers.request_fields import check_modalities, check_tools, sampling_fields
from aircherd.vocabulary.chat import ChatRequest, JsonFormat, NamedTool, ResponseFormat
from aircherd.vocabulary.content.tools import Tool
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model

MIN_OUTPUT_TOKENS = 16
"""The smallest `max_output_tokens` that the API takes."""


def chat_body(request: ChatRequest, model: Model) -> dict[str, object]:
    """Return the body.

    Raises:
        ProviderFailed: UNSUPPORTED: this API or the model cannot express something in the request;
            BAD_REQUEST: no API could.
    """
    if request.stop:
        fail(
            FailureClass.UNSUPPORTED,
            "stop: OpenAI's Responses API has no stop sequences: leave them out, or set "
            'api = "chat" for the provider',
        )
    check_modalities(request, "OpenAI's Responses API")
    body: dict[str, object] = {"model": model.id, "input": write_input(request), "store": False}
    if request.stream:
        body["stream"] = True
    if request.system:
        body["instructions"] = request.system
    if request.max_tokens is not None:
        body["max_output_tokens"] = max(request.max_tokens, MIN_OUTPUT_TOKENS)
    if request.response_format is not None:
        body["text"] = {"format": _format(request.response_format)}
    return body | _tools(request) | _reasoning(request, model) | sampling_fields(request, model)


def _reasoning(request: ChatRequest, model: Model) -> dict[str, object]:
    effort = request.reasoning
    if effort == "none" and model.reasoning is False:
        effort = None  # it never thinks, and refuses the field even with "none"
    fields: dict[str, object] = {}
    if effort is not None:
        # A summary comes only on request.
        summary = {} if effort == "none" else {"summary": "auto"}
        fields["reasoning"] = {"effort": openai_effort(model.id, effort), **summary}
    if effort is not None or model.reasoning:
        # Models that do not think refuse this.
        fields["include"] = ["reasoning.encrypted_content"]
    return fields


def _format(response_format: ResponseFormat) -> dict[str, object]:
    if isinstance(response_format, JsonFormat):
        return {"type": "json_object"}
    schema = parse_object(response_format.schema, "response_format: schema")
    return {
        "type": "json_schema",
        "name": response_format.name,
        "schema": schema,
        "strict": response_format.strict and is_closed(schema),
    }


def _tools(request: ChatRequest) -> dict[str, object]:
    # Without tools, the API refuses the other two fields.
    if not request.tools:
        return {}
    check_tools(request.tools, "OpenAI's Responses API", ("function",), form="responses")
    fields: dict[str, object] = {"tools": [_tool(tool) for tool in request.tools]}
    choice = request.tool_choice
    if isinstance(choice, NamedTool):
        fields["tool_choice"] = {"type": "function", "name": choice.name}
    elif choice is not None:
        fields["tool_choice"] = choice
    if request.parallel_tool_calls is not None:
        fields["parallel_tool_calls"] = request.parallel_tool_calls
    return fields


def _tool(tool: Tool) -> dict[str, object]:
    parameters = tool_parameters(tool)
    fields: dict[str, object] = {"type": "function", "name": tool.name, "parameters": parameters}
    if tool.description is not None:
        fields["description"] = tool.description
    return fields | {"strict": False}
