"""Parts of a request body that several vendor APIs share."""

import pytest

from aircherd.providers.codec.turns import Takes, turns
from aircherd.providers.request_fields import (
    JSON_SENTENCE,
    function_tool,
    sampling_fields,
    with_json_sentence,
)
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model
from helpers.providers.provider_calls import a_request, failure_of

PLAIN = Model(id="m")
WITHOUT_SAMPLING = Model(id="m", sampling=False)


@pytest.mark.parametrize(
    "fields", [{}, {"temperature": 0.0}, {"top_p": 0.5}, {"temperature": 1.0, "top_p": 0.5}]
)
def test_sampling_fields_are_those_that_are_set(fields: dict[str, object]) -> None:
    """Zero is a value, None is none."""
    assert fields == sampling_fields(a_request(**fields), PLAIN)


def test_sampling_is_refused_for_a_model_without_it() -> None:
    """The message names every field that the request sets."""
    request = a_request(temperature=0.0, top_p=0.5)
    failure = failure_of(lambda: sampling_fields(request, WITHOUT_SAMPLING))
    assert failure.kind is FailureClass.UNSUPPORTED
    assert failure.message == "temperature and top_p: m does not take it: leave it out"
    assert sampling_fields(a_request(), WITHOUT_SAMPLING) == {}


def test_a_tool_has_a_description_only_if_given() -> None:
    """Servers get no null description."""
    with_text, without = a_request(
        tools=[{"name": "f", "description": "d"}, {"name": "g", "parameters": '{"type":"object"}'}]
    ).tools
    described = {
        "name": "f",
        "parameters": {"type": "object", "properties": {}},
        "description": "d",
    }
    assert function_tool(with_text) == {"type": "function", "function": described}
    plain = {"name": "g", "parameters": {"type": "object"}}
    assert function_tool(without) == {"type": "function", "function": plain}


@pytest.mark.parametrize(
    ("system", "prompt", "expected"),
    [
        ("", "Hi", JSON_SENTENCE),
        ("Be brief.", "Hi", f"Be brief.\n\n{JSON_SENTENCE}"),
        ("Answer in Json.", "Hi", "Answer in Json."),
        ("", "give me json", ""),
    ],
)
def test_json_sentence_is_added_unless_json_is_mentioned(
    system: str, prompt: str, expected: str
) -> None:
    """A mention in the system prompt or in any message is enough."""
    ordered = turns(a_request({"role": "user", "content": prompt}).messages, Takes(name="up"))
    assert expected == with_json_sentence(system, ordered)
