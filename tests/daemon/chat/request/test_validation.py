"""Requests that no provider would accept are refused before any call."""

import msgspec
import pytest

from aircherd.chat.request.validation import check_request
from aircherd.errors import BadRequest
from aircherd.vocabulary.chat import ChatRequest
from helpers.providers.provider_calls import a_request

TOOL = {"name": "look_up"}
CALL = {"type": "tool_call", "id": "c1", "name": "look_up", "arguments": "{}"}


def result(call_id):
    return {"role": "user", "content": [{"type": "tool_result", "id": call_id, "content": "42"}]}


def test_consistent_tool_conversation_is_accepted():
    """A result follows its call, and the choice is one of the tools."""
    check_request(
        a_request(
            {"role": "user", "content": "q"},
            {"role": "assistant", "content": [CALL]},
            result("c1"),
            tools=[TOOL],
            tool_choice={"name": "look_up"},
        )
    )


def test_history_with_calls_needs_no_tools():
    """A conversation may continue without them."""
    check_request(a_request({"role": "assistant", "content": [CALL]}, result("c1")))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"tools": [TOOL, TOOL]}, r"tools\[1\]: there are two tools named 'look_up'"),
        ({"tools": [TOOL], "tool_choice": {"name": "other"}}, "no tool named 'other'"),
        ({"tool_choice": {"name": "look_up"}}, "no tool named 'look_up'"),
        ({"tool_choice": "required"}, "there are no tools"),
    ],
)
def test_inconsistent_tools_are_refused(fields, expected):
    """The message names the field."""
    with pytest.raises(BadRequest, match=expected):
        check_request(a_request(**fields))


@pytest.mark.parametrize(
    "messages",
    [
        [result("c1")],
        [{"role": "assistant", "content": [CALL]}, result("c2")],
        [result("c1"), {"role": "assistant", "content": [CALL]}],
    ],
)
def test_result_without_a_call_is_refused(messages):
    """The message names the position and the call."""
    with pytest.raises(BadRequest, match=r"messages\[\d\]: a result for the tool call 'c\d'"):
        check_request(a_request(*messages))


# ------------------------------------------------------------------ schemas


def refusal(*messages, **fields):
    """Return the message of the refusal."""
    with pytest.raises(BadRequest) as caught:
        check_request(a_request(*messages, **fields))
    return caught.value.message


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("[]", "not a JSON Schema: has to be a map, not a list"),
        ('{"type": "objekt"}', "not a JSON Schema: type: cannot be 'objekt'"),
        ('{"type": ["object", "array"]}', "not a JSON Schema: type[1]: cannot be 'array'"),
        ('{"type": null}', "type: has to be a string or a list, not nothing"),
        ('{"properties": []}', "properties: has to be a map or nothing, not a list"),
        ('{"required": "a"}', "required: has to be a list or nothing, not a string"),
        ('{"required": [1]}', "required[0]: has to be a string, not a whole number"),
        ("{", "must be a JSON Schema, as a string of JSON"),
        ("no", "must be a JSON Schema, as a string of JSON"),
    ],
)
def test_invalid_parameters_are_refused(parameters, expected):
    """The message names the tool."""
    tools = [TOOL, {"name": "f", "parameters": parameters}]
    message = refusal(tools=tools)
    assert message.startswith("tools[1].parameters: ")
    assert message.endswith(expected)


@pytest.mark.parametrize(
    "parameters", ["", " ", "{}", '{"properties": {}}', '{"description": "\udcff"}']
)
def test_minimal_parameters_are_accepted(parameters):
    """Without a type an object is meant; half a character is replaced later."""
    check_request(a_request(tools=[{"name": "f", "parameters": parameters}]))


NULLS = [
    '{"type": "object", "required": null}',
    '{"type": "object", "properties": null}',
    '{"type": ["object", "null"], "properties": {}}',
]


@pytest.mark.parametrize("schema", NULLS)
def test_null_is_accepted_for_absent_fields(schema):
    """A type may also allow null beside an object; vendors decide about that."""
    response_format = {"type": "json_schema", "schema": schema}
    tools = [{"name": "f", "parameters": schema}]
    check_request(a_request(tools=tools, response_format=response_format))


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ("[1]", "not a JSON Schema: has to be a map, not a list"),
        ('{"type": 3}', "type: has to be a string or a list, not a whole number"),
        ("oh", "must be a JSON Schema, as a string of JSON"),
    ],
)
def test_invalid_response_schema_is_refused(schema, expected):
    """The message names the field."""
    message = refusal(response_format={"type": "json_schema", "schema": schema})
    assert message.startswith("response_format.schema: ")
    assert message.endswith(expected)


def test_response_schema_need_not_be_an_object():
    """Vendors differ in what they accept."""
    response_format = {"type": "json_schema", "schema": '{"type": ["array", "null"]}'}
    check_request(a_request(response_format=response_format))


# ------------------------------------------------------------------ the small fields


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"model": ""}, "model: is empty: leave it out to use the default"),
        ({"stop": ["a", ""]}, "stop[1]: is empty: every answer would end there"),
        ({"extra": {"model": "other"}}, "extra.model: is not allowed in extra: use model"),
    ],
)
def test_meaningless_fields_are_refused(fields, expected):
    """The message names the field and says what to do."""
    assert refusal(**fields).startswith(expected)


# ------------------------------------------------------------------ the question

HI = {"role": "user", "content": "Hi"}
SYSTEM = {"role": "system", "content": "Be brief."}
ANSWER = {"role": "assistant", "content": "Hello"}
NO_QUESTION = "messages: no question: at least one message must have the role user"


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([SYSTEM], NO_QUESTION),
        ([ANSWER], NO_QUESTION),
        (
            [{"role": "user", "content": ""}],
            "messages[0]: is empty: a user message must have content",
        ),
        ([HI, ANSWER, {"role": "user", "content": " \n"}], "messages[2]: is empty"),
        ([{"role": "user", "content": []}], "messages[0]: is empty"),
        ([{"role": "user", "content": [{"type": "text", "text": " "}]}], "messages[0]: is empty"),
        ([HI, {"role": "assistant", "content": [CALL]}], "messages[1]: calls tools, and no"),
    ],
)
def test_conversation_without_a_question_is_refused(messages, expected):
    """No provider is called, and the message says what is missing."""
    assert refusal(*messages).startswith(expected)


def test_no_messages_are_refused():
    """The message is the same."""
    with pytest.raises(BadRequest, match="no question"):
        check_request(msgspec.convert({"messages": []}, ChatRequest))


@pytest.mark.parametrize(
    "messages",
    [
        [HI, ANSWER],
        [HI, {"role": "assistant", "content": [{"type": "text", "text": "Hel"}]}],
        [HI, SYSTEM],
        [{"role": "user", "content": [{"type": "image", "url": "https://x.example/y.png"}]}],
        [{"role": "assistant", "content": [CALL]}, result("c1")],
    ],
)
def test_questions_that_are_accepted(messages):
    """A started answer, which some models continue; an image; a tool's result."""
    check_request(a_request(*messages))


def test_a_part_without_a_word_of_ours_can_be_answered():
    """By its id, or that of its call, in any later message."""
    asked = {
        "type": "other",
        "kind": "shell_call",
        "origin": "openai/m",
        "data": '{"type":"shell_call","id":"sh_1","call_id":"call_1"}',
    }
    for call_id in ("sh_1", "call_1"):
        check_request(a_request({"role": "assistant", "content": [asked]}, result(call_id)))
    with pytest.raises(BadRequest, match="no earlier message"):
        check_request(a_request({"role": "assistant", "content": [asked]}, result("call_2")))
    with pytest.raises(BadRequest, match="no earlier message"):
        check_request(a_request(result("call_1"), {"role": "assistant", "content": [asked]}))
