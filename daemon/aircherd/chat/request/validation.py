"""Refuses requests that no provider would accept, before any call: pure.

The schema of a request is checked when it is decoded; this checks that its parts are consistent.
It runs for every request, so what most do not have costs one comparison.
"""

from typing import Literal, NoReturn

import msgspec

from aircherd.chat.request.answers import answerable_ids
from aircherd.chat.request.extra_fields import check_extra
from aircherd.errors import BadRequest
from aircherd.vocabulary.chat import ChatRequest, Message, NamedTool, SchemaFormat
from aircherd.vocabulary.content.tools import Tool
from aircherd.vocabulary.parts import Part, TextPart, ToolCallPart, ToolResultPart
from aircherd.vocabulary.validation_messages import describe_invalid


def check_request(request: ChatRequest) -> None:
    """Check that there is a question, and that the parts of the request are consistent.

    Raises:
        BadRequest: they are not; the message names the field.
    """
    if request.model == "":
        raise BadRequest("model: is empty: leave it out to use the default")
    if request.tools or request.tool_choice is not None:
        _check_tools(request.tools, request.tool_choice)
    if request.response_format is not None and isinstance(request.response_format, SchemaFormat):
        _check_schema(request.response_format.schema, "response_format.schema", _SCHEMA)
    if request.stop and "" in request.stop:
        raise BadRequest(f"stop[{request.stop.index('')}]: is empty: every answer would end there")
    if request.extra:
        check_extra(request.extra)
    _check_parts(request.messages)
    _check_question(request.messages)


# ------------------------------------------------------------------ tools and schemas


class _Top(msgspec.Struct, gc=False):
    """The top level of a JSON Schema, as far as all vendors agree.

    Programs in Go write null for a missing map or list.
    """

    properties: dict[str, msgspec.Raw] | None = None
    required: list[str] | None = None


class _Schema(_Top, gc=False):
    """The schema of an answer, of any type."""

    type: str | list[str] | msgspec.UnsetType = msgspec.UNSET


class _Parameters(_Top, gc=False):
    """The schema of a tool's parameters: they have names, so it is an object."""

    type: Literal["object"] | list[Literal["object", "null"]] | msgspec.UnsetType = msgspec.UNSET


_Decoder = msgspec.json.Decoder[_Schema] | msgspec.json.Decoder[_Parameters]
_SCHEMA = msgspec.json.Decoder(_Schema)
_PARAMETERS = msgspec.json.Decoder(_Parameters)
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


def _check_tools(tools: list[Tool], choice: object) -> None:
    names: set[str] = set()
    for number, tool in enumerate(tools):
        if tool.name in names:
            raise BadRequest(f"tools[{number}]: there are two tools named {tool.name!r}")
        if tool.name:
            names.add(tool.name)
        if tool.type == "function":
            _check_schema(tool.parameters, f"tools[{number}].parameters", _PARAMETERS)
        else:
            _check_json(tool.data, f"tools[{number}].data")
            _check_json(tool.format, f"tools[{number}].format")
    if isinstance(choice, NamedTool) and choice.name not in names:
        raise BadRequest(f"tool_choice: there is no tool named {choice.name!r}")
    if choice == "required" and not tools:
        raise BadRequest("tool_choice: a call is required, but there are no tools")


def _check_schema(text: str, field: str, decoder: _Decoder) -> None:
    """Check the top level of a JSON Schema; an empty text is an empty schema."""
    try:
        decoder.decode(text)
    except msgspec.ValidationError as error:
        raise BadRequest(f"{field}: not a JSON Schema: {describe_invalid(error)}") from None
    except UnicodeEncodeError:
        return  # invalid UTF-8 from an editor, which adapters replace
    except (ValueError, RecursionError):
        if text.strip():
            raise BadRequest(f"{field}: must be a JSON Schema, as a string of JSON") from None


def _check_json(text: str | None, field: str) -> None:
    """Check a JSON object that is passed on as it is."""
    if text is None:
        return
    try:
        _OBJECT.decode(text)
    except (ValueError, RecursionError):
        raise BadRequest(f"{field}: must be a JSON object, as a string of JSON") from None


# ------------------------------------------------------------------ messages


def _check_parts(messages: list[Message]) -> None:
    made: set[str] = set()
    searched = 0  # messages whose other parts are in it too, which most requests do not have
    for number, message in enumerate(messages):
        if isinstance(message.content, str):
            continue
        for part in message.content:
            if type(part) is TextPart:  # as nearly all are
                continue
            if isinstance(part, ToolCallPart):
                made.add(part.id)
            elif isinstance(part, ToolResultPart) and part.id not in made:
                made |= answerable_ids(messages[searched:number])
                searched = number
                if part.id not in made:
                    _refuse_result(number, part.id)


def _refuse_result(number: int, call_id: str) -> NoReturn:
    raise BadRequest(
        f"messages[{number}]: a result for the tool call {call_id!r}, "
        "which no earlier message contains"
    )


def _check_question(messages: list[Message]) -> None:
    """Check that the last user message has content, and that no tool call lacks its result."""
    last = messages[-1] if messages else None
    if last is not None and last.role == "user" and _has_content(last.content):
        return  # as nearly all do
    questions = [(n, m.content) for n, m in enumerate(messages) if m.role == "user"]
    if not questions:
        raise BadRequest("messages: no question: at least one message must have the role user")
    number, content = questions[-1]
    if not _has_content(content):
        raise BadRequest(f"messages[{number}]: is empty: a user message must have content")
    assert last is not None
    if last.role == "assistant" and any(isinstance(each, ToolCallPart) for each in last.content):
        raise BadRequest(
            f"messages[{len(messages) - 1}]: calls tools, and no message after it has their "
            "results: add a user message with a tool_result for each"
        )


def _has_content(content: "str | list[Part]") -> bool:
    if isinstance(content, str):
        return bool(content) and not content.isspace()
    for part in content:
        if type(part) is not TextPart or (part.text and not part.text.isspace()):
            return True
    return False
