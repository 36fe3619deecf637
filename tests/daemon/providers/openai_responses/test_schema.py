"""The JSON of the Responses API."""

import msgspec
import pytest

from aircherd.providers.openai_responses.schema import (
    ContentPart,
    error_of,
    final_response_of,
    item_of,
    other_fields,
    output_of,
    parts_of,
    read_event,
    read_response,
    thinking_text_of,
    usage_of,
)
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import Usage
from helpers.memory import allocated
from helpers.providers.provider_calls import failure_of
from helpers.providers.responses.streams import USAGE, response


def encoded(value: object) -> bytes:
    return msgspec.json.encode(value)


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"null", b"\xff"])
def test_an_invalid_event_is_a_protocol_failure(data: bytes) -> None:
    """It does not crash."""
    assert FailureClass.PROTOCOL is failure_of(lambda: read_event(data)).kind


@pytest.mark.parametrize("data", [b"", b"[]", b'{"output":{"a":1}}', b'{"output":[1]}'])
def test_an_invalid_response_is_a_protocol_failure(data: bytes) -> None:
    """It does not crash."""
    assert FailureClass.PROTOCOL is failure_of(lambda: output_of(read_response(data))).kind


@pytest.mark.parametrize("item", [b"[1]", b"1", b'"text"'])
def test_what_is_no_item_is_a_protocol_failure(item: bytes) -> None:
    """It could hold anything."""
    assert FailureClass.PROTOCOL is failure_of(lambda: item_of(msgspec.Raw(item))).kind


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        ({"type": "web_search_call"}, "web_search_call"),
        ({"role": "assistant", "content": [{"text": "a"}]}, "message"),
        ({"name": "f", "arguments": "{}"}, "function_call"),
        ({"a": 1}, "item"),
        ({"type": ["message"]}, "item"),
    ],
)
def test_an_item_without_a_type_is_known_by_its_fields(item: object, kind: str) -> None:
    """Some servers leave the type out."""
    sent = item_of(msgspec.Raw(encoded(item)))
    assert sent is not None
    assert sent.kind == kind


def test_fields_that_are_not_known_are_kept_as_they_came() -> None:
    """Empty ones say nothing."""
    raw = msgspec.Raw(b'{"a": 1.50,"b":[],"c":null,"d":{},"e":"","f":[ 1]}')
    fields = other_fields(raw, frozenset({"a"}))
    assert {name: bytes(value) for name, value in fields.items()} == {"f": b"[ 1]"}


def test_thinking_parts_are_paragraphs() -> None:
    """The summary comes first, then the thinking; malformed parts are ignored."""
    item = {
        "summary": [{"type": "summary_text", "text": "a"}, {"text": None}, {"text": "b"}],
        "content": [{"type": "reasoning_text", "text": "c"}],
    }
    sent = item_of(msgspec.Raw(encoded(item)))
    assert sent is not None
    assert thinking_text_of(sent) == "a\n\nb\n\nc"


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("text", [ContentPart(text="text")]),
        ([{"text": "a"}, None], [ContentPart(text="a")]),
        (None, []),
        ({}, None),
        (5, None),
        ([1], None),
        ({"text": "a"}, None),
        (["a"], None),
    ],
)
def test_parts_of_content(content: object, parts: list[ContentPart] | None) -> None:
    """A text is one part; what is no part and not empty is a failure, not an empty item."""
    raw = msgspec.Raw(encoded(content))
    if parts is None:
        assert failure_of(lambda: parts_of(raw)).kind is FailureClass.PROTOCOL
    else:
        assert [part.text for part in parts_of(raw)] == [part.text for part in parts]


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        (USAGE, Usage(37, 31, 16, 4, 20)),
        ({"input_tokens": "9", "output_tokens": None}, Usage(9, 0)),
        ({"input_tokens": 5, "input_tokens_details": {"cached_tokens": 50}}, Usage(5, 0, 5)),
        (None, None),
    ],
)
def test_usage(usage: object, counted: Usage | None) -> None:
    """Input includes cached tokens, output includes reasoning, as in chat completions."""
    final = response("completed", [], usage=usage)
    assert counted == usage_of(final_response_of(read_event(encoded({"response": final}))))


def test_a_missing_response_is_empty() -> None:
    """A server may end its stream without repeating the response."""
    final = final_response_of(read_event(b'{"type":"response.completed"}'))
    assert (final.model, usage_of(final), error_of(final.error)) == (None, None, None)


def test_the_output_is_decoded_only_where_it_is_compared() -> None:
    """Until then the last event, which repeats it, costs bytes but no objects."""
    output = [{"type": "message", "content": [{"text": str(number)}]} for number in range(20_000)]
    data = encoded({"type": "response.completed", "response": response("completed", output)})
    assert allocated(lambda: final_response_of(read_event(data))) < 3 * len(data)
