"""The body of a `POST /responses` request.

What differs from other APIs:

- `stop`: there is no such field, so it is refused.
- `max_tokens` below 16 becomes 16, the minimum of this API. That costs a few tokens more, but other
  APIs accept such a request too.
- Marks for the prompt cache are left out: OpenAI caches by itself.
"""

from aircherd.errors import fail
from aircherd.providers.chat_completions.quirks import openai_effort
from aircherd.providers.codec.json_out import is_closed, parse_object
from aircherd.providers.openai_responses.input_items import write_input
from aircherd.providers.openai_responses.tools import API, includes_of, tool_fields
from aircherd.providers.request_fields import check_modalities, sampling_fields
from aircherd.vocabulary.chat import ChatRequest, JsonFormat, ResponseFormat
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
    check_modalities(request, API, ("text", "image"))
    body: dict[str, object] = {"model": model.id, "input": write_input(request), "store": False}
    if request.stream:
        body["stream"] = True
    if request.system:
        body["instructions"] = request.system
    if request.max_tokens is not None:
        body["max_output_tokens"] = max(request.max_tokens, MIN_OUTPUT_TOKENS)
    if request.response_format is not None:
        body["text"] = {"format": _format(request.response_format)}
    body |= tool_fields(request) | _reasoning(request, model) | sampling_fields(request, model)
    if include := [*_thinking_included(request, model), *includes_of(request.tools)]:
        body["include"] = include
    return body


def _reasoning(request: ChatRequest, model: Model) -> dict[str, object]:
    effort = request.reasoning
    if effort == "none" and model.reasoning is False:
        effort = None  # it never thinks, and refuses the field even with "none"
    fields: dict[str, object] = {}
    if effort is not None:
        # A summary comes only on request.
        summary = {} if effort == "none" else {"summary": "auto"}
        fields["reasoning"] = {"effort": openai_effort(model.id, effort), **summary}
    return fields


def _thinking_included(request: ChatRequest, model: Model) -> list[str]:
    # Models that do not think refuse this.
    is_off = request.reasoning == "none" and model.reasoning is False
    thinks = (request.reasoning is not None and not is_off) or model.reasoning
    return ["reasoning.encrypted_content"] if thinks else []


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
