"""The JSON of a request."""

import pytest

from aircherd.http_api.dialects.common.reading import is_set
from aircherd.http_api.dialects.common.unsaid import Unsaid
from aircherd.http_api.dialects.openai_responses.request.body import read_body, value_of
from aircherd.http_api.problem import RequestProblem


@pytest.mark.parametrize(
    ("body", "message", "param"),
    [
        (b"", "the body is not JSON", None),
        (b"{", "the body is not JSON", None),
        (b"[" * 100_000, "the body is nested too deeply", None),
        (b'{"new":' * 100_000, "the body is nested too deeply", None),
        (b'{"new":1,', "the body is not JSON", None),
        (b'{"model":"\xff"}', "the body is not UTF-8", None),
        (b"[]", "has to be a map", None),
        (b'{"model":5}', "model: has to be a string", "model"),
        (b'{"input":[{"role":"tool"}]}', "input[0].role: cannot be", "input[0].role"),
        (b'{"input":[{"role":"user","content":5}]}', "content: has to be", "input[0].content"),
        (b'{"temperature":"hot"}', "temperature: has to be a number", "temperature"),
    ],
)
def test_what_is_wrong_is_named(body: bytes, message: str, param: str | None) -> None:
    """With the field, for people and for programs."""
    with pytest.raises(RequestProblem) as raised:
        read_body(body, Unsaid())
    problem = raised.value.problem
    assert message in problem.message
    assert (problem.status, problem.kind) == (400, "invalid_request")
    assert problem.param == param


def test_fields_of_any_form_stay_undecoded() -> None:
    """They are read where their kind is known."""
    body = read_body(b'{"metadata":{"a":"b"},"prompt":null}', Unsaid())
    assert value_of(body.metadata) == {"a": "b"}
    assert not is_set(body.prompt)
    assert not is_set(body.image)
    assert value_of(body.image) is None
