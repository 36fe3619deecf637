"""The JSON of the Responses API."""

import msgspec
import pytest

from aircherd.providers.openai_responses.schema import (
    ContentPart,
    error_of,
    final_response_of,
    parts_of,
    position_of,
    read_event,
    read_response,
    thinking_text_of,
    usage_of,
)
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import Usage
from helpers.memory import allocated
from helpers.providers.provider_calls import failure_of
from helpers.providers.responses_streams import USAGE, response


def encoded(value: object) -> bytes:
    return msgspec.json.encode(value)


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"null", b'{"item":[1]}', b"\xff"])
def test_an_invalid_event_is_a_protocol_failure(data: bytes) -> None:
    """It does not crash."""
    assert FailureClass.PROTOCOL is failure_of(lambda: read_event(data)).kind


@pytest.mark.parametrize("data", [b"", b"[]", b'{"output":{"a":1}}'])
def test_an_invalid_response_is_a_protocol_failure(data: bytes) -> None:
    """It does not crash."""
    assert FailureClass.PROTOCOL is failure_of(lambda: read_response(data)).kind


@pytest.mark.parametrize(
    ("event", "place"),
    [
        ({"output_index": 3, "item_id": "a"}, 3),
        ({"item_id": "msg_1"}, "msg_1"),
        ({"item": {"id": "fc_1"}}, "fc_1"),
        ({"output_index": "3"}, ""),
        ({"output_index": True, "item_id": [1]}, ""),
    ],
)
def test_position_is_the_index_or_the_id(event: object, place: object) -> None:
    """Servers without indices still send ids."""
    assert place == position_of(read_event(encoded(event)))


def test_thinking_parts_are_paragraphs() -> None:
    """The summary comes first, then the thinking; malformed parts are ignored."""
    item = {
        "summary": [{"type": "summary_text", "text": "a"}, {"text": None}, {"text": "b"}],
        "content": [{"type": "reasoning_text", "text": "c"}],
    }
    event = read_event(encoded({"item": item}))
    assert event.item is not None
    assert thinking_text_of(event.item) == "a\n\nb\n\nc"


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
    ],
)
def test_parts_of_content(content: object, parts: list[ContentPart] | None) -> None:
    """A text is one part; what is no part and not empty is a failure, not an empty item."""
    raw = msgspec.Raw(encoded(content))
    if parts is None:
        assert failure_of(lambda: parts_of(raw)).kind is FailureClass.PROTOCOL
    else:
        assert parts_of(raw) == parts


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


def test_the_output_is_not_decoded_again() -> None:
    """The last event repeats the output; it costs bytes, but no objects."""
    output = [{"type": "message", "content": [{"text": str(number)}]} for number in range(20_000)]
    data = encoded({"type": "response.completed", "response": response("completed", output)})
    assert allocated(lambda: final_response_of(read_event(data))) < 3 * len(data)
