import pytest

from aircherd.http_api.call import ApiCall
from aircherd.http_api.dialects.openai_chat import DIALECT
from aircherd.http_api.problem import Problem, RequestProblem
from helpers.http_api.chat_dialect import QUESTION, call_of, read


def problem_of(body: bytes) -> Problem:
    with pytest.raises(RequestProblem) as raised:
        DIALECT.read_chat(ApiCall(method="POST", path="/v1/chat/completions", body=body))
    return raised.value.problem


@pytest.mark.parametrize(
    "body", [b"", b"Hello", b"{", b"[]", b"null", b'{"a":"\xff"}', b"[" * 100_000]
)
def test_what_is_no_request_is_refused(body: bytes) -> None:
    """A body that is no JSON object is the client's mistake, however it is broken."""
    found = problem_of(body)
    assert (found.kind, found.status) == ("invalid_request", 400)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"model": 7}, "model"),
        ({"model": None}, "model"),
        ({"model": ""}, "model"),
        ({"messages": "Hello"}, "messages"),
        ({"messages": [{"content": "Hello"}]}, "messages[0]"),
        ({"messages": [{"role": "user", "content": 7}]}, "messages[0].content"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role"),
        ({"messages": [QUESTION, {"role": "tool", "content": "x"}]}, "messages[1].tool_call_id"),
        ({"stream": "yes"}, "stream"),
        ({"temperature": "hot"}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_completion_tokens": -5}, "max_completion_tokens"),
        ({"stop": 7}, "stop"),
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"tool_choice": "some"}, "tool_choice"),
    ],
)
def test_errors_name_the_field(fields: dict[str, object], param: str) -> None:
    """A wrong field is named, in the message and as `param`."""
    found = problem_of(call_of(**fields).body)
    assert (found.status, found.param) == (400, param)
    assert found.message.startswith(param)


def test_no_messages() -> None:
    """What is missing is named."""
    assert "messages" in problem_of(b'{"model":"sonnet"}').message


def test_unknown_fields_are_left_to_providers_of_this_api() -> None:
    """A field that did not exist when this was written may mean anything; null means nothing."""
    assert read(mood="cheerful", flavour=None).verbatim.unsaid == "mood"
    assert read(flavour=None).verbatim.unsaid is None


def test_a_wrong_field_beside_an_unknown_one() -> None:
    """A field that is not known does not hide that another one is wrong."""
    assert problem_of(call_of(mood="cheerful", stream="yes").body).param == "stream"


def test_whole_numbers_may_be_written_with_a_point() -> None:
    """JavaScript and Lua do not tell 512 from 512.0."""
    assert read(max_tokens=512.0).chat.max_tokens == 512
