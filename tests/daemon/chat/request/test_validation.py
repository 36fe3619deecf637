"""What no provider would take is found before one is asked."""

import base64

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


def test_a_conversation_with_tools_holds_together():
    """A call, and its result after it; a choice among the tools there are."""
    check_request(
        a_request(
            {"role": "user", "content": "q"},
            {"role": "assistant", "content": [CALL]},
            result("c1"),
            tools=[TOOL],
            tool_choice={"name": "look_up"},
        )
    )


def test_a_history_with_calls_needs_no_tools_now():
    """A conversation may go on without them."""
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
def test_tools_that_do_not_fit(fields, expected):
    """The field is named."""
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
def test_a_result_for_a_call_that_nobody_made(messages):
    """Place and call are named."""
    with pytest.raises(BadRequest, match=r"messages\[\d\]: a result for the tool call 'c\d'"):
        check_request(a_request(*messages))


# ------------------------------------------------------------------ schemas


def refusal(*messages, **fields):
    """Return what is said against a request."""
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
        ("{", "has to be a JSON Schema, as a string of JSON"),
        ("no", "has to be a JSON Schema, as a string of JSON"),
    ],
)
def test_parameters_that_are_no_schema(parameters, expected):
    """Tool and place are named."""
    tools = [TOOL, {"name": "f", "parameters": parameters}]
    said = refusal(tools=tools)
    assert said.startswith("tools[1].parameters: ")
    assert said.endswith(expected)


@pytest.mark.parametrize(
    "parameters", ["", " ", "{}", '{"properties": {}}', '{"description": "\udcff"}']
)
def test_parameters_that_say_little(parameters):
    """None, or no type: an object is meant. Half a character is replaced later on."""
    check_request(a_request(tools=[{"name": "f", "parameters": parameters}]))


NULLS = [
    '{"type": "object", "required": null}',
    '{"type": "object", "properties": null}',
    '{"type": ["object", "null"], "properties": {}}',
]


@pytest.mark.parametrize("schema", NULLS)
def test_null_is_what_go_writes_for_nothing(schema):
    """And a type may allow it beside an object: what a vendor makes of it is its own affair."""
    wanted = {"type": "json_schema", "schema": schema}
    tools = [{"name": "f", "parameters": schema}]
    check_request(a_request(tools=tools, response_format=wanted))


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ("[1]", "not a JSON Schema: has to be a map, not a list"),
        ('{"type": 3}', "type: has to be a string or a list, not a whole number"),
        ("oh", "has to be a JSON Schema, as a string of JSON"),
    ],
)
def test_an_answers_schema_that_is_none(schema, expected):
    """The field is named."""
    said = refusal(response_format={"type": "json_schema", "schema": schema})
    assert said.startswith("response_format.schema: ")
    assert said.endswith(expected)


def test_an_answer_may_be_anything_but_an_object():
    """Vendors differ in what they take."""
    wanted = {"type": "json_schema", "schema": '{"type": ["array", "null"]}'}
    check_request(a_request(response_format=wanted))


# ------------------------------------------------------------------ the small fields


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"model": ""}, "model: is empty: leave it out to ask the default"),
        ({"stop": ["a", ""]}, "stop[1]: is empty: every answer ends there"),
        ({"extra": {"model": "dear"}}, "extra.model: is not for extra: say it with model"),
    ],
)
def test_fields_that_cannot_be_meant(fields, expected):
    """The field is named, and what to do."""
    assert refusal(**fields).startswith(expected)


# ------------------------------------------------------------------ the question

HI = {"role": "user", "content": "Hi"}
SYSTEM = {"role": "system", "content": "Be brief."}
ANSWER = {"role": "assistant", "content": "Hello"}
NO_QUESTION = "messages: there is no question: at least one has to be the user's"


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([SYSTEM], NO_QUESTION),
        ([ANSWER], NO_QUESTION),
        ([{"role": "user", "content": ""}], "messages[0]: is empty: a user has to say something"),
        ([HI, ANSWER, {"role": "user", "content": " \n"}], "messages[2]: is empty"),
        ([{"role": "user", "content": []}], "messages[0]: is empty"),
        ([{"role": "user", "content": [{"type": "text", "text": " "}]}], "messages[0]: is empty"),
        ([HI, {"role": "assistant", "content": [CALL]}], "messages[1]: calls tools, and no"),
    ],
)
def test_a_conversation_without_a_question(messages, expected):
    """Nobody is asked, and the sentence says what is missing."""
    assert refusal(*messages).startswith(expected)


def test_no_message_at_all():
    """The same sentence."""
    with pytest.raises(BadRequest, match="there is no question"):
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
def test_what_may_be_asked(messages):
    """An answer that was begun, for some models go on with it; a picture; a tool's result."""
    check_request(a_request(*messages))


# ------------------------------------------------------------------ images

PICTURES = (
    b"\x89PNG\r\n\x1a\n....",
    b"\xff\xd8\xff\xe0....",
    b"GIF87a....",
    b"GIF89a....",
    b"RIFF\x10\0\0\0WEBPVP8 ",
)


def picture(data):
    return {"type": "image", "media_type": "image/png", "data": base64.b64encode(data).decode()}


@pytest.mark.parametrize("data", PICTURES)
def test_images_are_known_by_their_first_bytes(data):
    """All kinds that may be expected."""
    check_request(a_request({"role": "user", "content": [picture(data)]}))


@pytest.mark.parametrize("data", [b"no image", b"RIFF\x10\0\0\0WAVEfmt ", b"%PDF-1.7", b"P"])
def test_what_is_no_image(data):
    """Wherever it stands, in a tool's result too."""
    expected = "messages[{}]: an image's data is neither PNG, JPEG, GIF nor WebP"
    said = refusal({"role": "user", "content": [picture(data)]})
    assert said.startswith(expected.format(0))
    answered = {"type": "tool_result", "id": "c1", "content": [picture(data)]}
    said = refusal(
        {"role": "assistant", "content": [CALL]}, {"role": "user", "content": [answered]}
    )
    assert said.startswith(expected.format(1))
