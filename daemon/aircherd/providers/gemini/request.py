"""The body of a `generateContent` request.

Nearly all options are in its `generationConfig`. Gemini has no way to limit a model to one tool
call at a time, so that is refused.
"""

from typing import Final

from aircherd.errors import fail
from aircherd.providers.codec.json_out import parse_object, tool_parameters
from aircherd.providers.codec.turns import turns
from aircherd.providers.gemini.contents import TAKES, write_contents, write_system
from aircherd.providers.gemini.thinking import thinking_config
from aircherd.providers.request_fields import check_modalities, check_tools, sampling_fields
from aircherd.vocabulary.chat import ChatRequest, NamedTool, SchemaFormat, ToolChoice
from aircherd.vocabulary.content.tools import Tool
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model

MAX_STOPS = 5
"""The most stop sequences that the API takes."""

_MODES: Final = {"auto": "AUTO", "none": "NONE", "required": "ANY"}


def chat_body(request: ChatRequest, model: Model) -> dict[str, object]:
    """Return the body, with the request's `extra` merged into it.

    Raises:
        ProviderFailed: UNSUPPORTED: Gemini or the model cannot express something in the request;
            BAD_REQUEST: no API could.
    """
    check_modalities(request, "Gemini")
    ordered = turns(request.messages, TAKES)
    body: dict[str, object] = {"contents": write_contents(ordered, model.id)}
    if system := write_system(request.system, ordered):
        body["systemInstruction"] = system
    if request.tools:
        body |= _tools(request)
    if config := _generation_config(request, model):
        body["generationConfig"] = config
    return _merge_extra(body, request.extra)


def _merge_extra(body: dict[str, object], extra: dict[str, object]) -> dict[str, object]:
    """Merge `extra` into the body, field by field where both have a map.

    Nearly all options are in `generationConfig`: replacing it would lose the request's own.
    """
    merged = body | extra
    for name, value in extra.items():
        own = body.get(name)
        if isinstance(own, dict) and isinstance(value, dict):
            merged[name] = own | value
    return merged


def _tools(request: ChatRequest) -> dict[str, object]:
    if request.parallel_tool_calls is False:
        fail(
            FailureClass.UNSUPPORTED,
            "parallel_tool_calls: Gemini cannot be limited to one call at a time: leave it out",
        )
    check_tools(request.tools, "Gemini", ("function",), form="gemini")
    declared = [_declaration(tool) for tool in request.tools]
    fields: dict[str, object] = {"tools": [{"functionDeclarations": declared}]}
    if request.tool_choice is not None:
        fields["toolConfig"] = {"functionCallingConfig": _tool_choice(request.tool_choice)}
    return fields


def _declaration(tool: Tool) -> dict[str, object]:
    schema = tool_parameters(tool)
    declared: dict[str, object] = {"name": tool.name}
    if tool.description is not None:
        declared["description"] = tool.description
    # The other field, `parameters`, takes only a subset of JSON Schema.
    return {**declared, "parametersJsonSchema": schema or {"type": "object"}}


def _tool_choice(choice: ToolChoice) -> dict[str, object]:
    if isinstance(choice, NamedTool):
        return {"mode": "ANY", "allowedFunctionNames": [choice.name]}
    return {"mode": _MODES[choice]}


def _generation_config(request: ChatRequest, model: Model) -> dict[str, object]:
    config = sampling_fields(request, model)
    if "top_p" in config:
        config["topP"] = config.pop("top_p")
    if request.max_tokens is not None:
        config["maxOutputTokens"] = request.max_tokens
    if len(request.stop) > MAX_STOPS:
        fail(FailureClass.UNSUPPORTED, f"stop: Gemini takes at most {MAX_STOPS} stop sequences")
    if request.stop:
        config["stopSequences"] = request.stop
    if request.response_format is not None:
        config["responseMimeType"] = "application/json"
    if isinstance(request.response_format, SchemaFormat):
        schema = parse_object(request.response_format.schema, "response_format: schema")
        config["responseJsonSchema"] = schema
    if request.reasoning is not None and (thinking := thinking_config(request.reasoning, model.id)):
        config["thinkingConfig"] = thinking
    return config
