"""The form of the Responses API's events and replies."""

import msgspec
import pytest

from aircherd.providers.openai_responses.schema import (
    error_of,
    final_of,
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


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"null", b'{"item":[]}', b"\xff"])
def test_what_is_no_event_is_a_protocol_failure(data: bytes) -> None:
    """A stream of something else is the provider's fault, not a crash."""
    assert FailureClass.PROTOCOL is failure_of(lambda: read_event(data)).kind


@pytest.mark.parametrize("data", [b"", b"[]", b'{"output":{}}', b'{"usage":1}'])
def test_what_is_no_response_is_a_protocol_failure(data: bytes) -> None:
    """The same for a reply in one piece."""
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
def test_an_item_is_known_by_its_place_or_its_id(event: object, place: object) -> None:
    """Servers that do not number their items still name them."""
    assert place == position_of(read_event(encoded(event)))


def test_thoughts_are_paragraphs() -> None:
    """The pieces of a summary, then of the thinking itself; odd pieces are passed over."""
    item = {
        "summary": [{"type": "summary_text", "text": "a"}, {"text": None}, {"text": "b"}],
        "content": [{"type": "reasoning_text", "text": "c"}],
    }
    event = read_event(encoded({"item": item}))
    assert event.item is not None
    assert thinking_text_of(event.item) == "a\n\nb\n\nc"


@pytest.mark.parametrize("content", ["text", None, 5, [1], {"text": "a"}])
def test_odd_content_has_no_parts(content: object) -> None:
    """What is not a list of parts is nothing, never a failure."""
    assert parts_of(msgspec.Raw(encoded(content))) == []


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
    """Input includes what was cached, output includes reasoning, as with chat completions."""
    told = response("completed", [], usage=usage)
    assert counted == usage_of(final_of(read_event(encoded({"response": told}))))


def test_a_missing_response_is_one_that_tells_nothing() -> None:
    """A server that ends its stream without repeating the response has ended it."""
    final = final_of(read_event(b'{"type":"response.completed"}'))
    assert (final.model, usage_of(final), error_of(final.error)) == (None, None, None)


def test_the_output_is_not_decoded_again() -> None:
    """An event that repeats what was streamed costs its bytes, not its objects."""
    output = [{"type": "message", "content": [{"text": str(number)}]} for number in range(20_000)]
    data = encoded({"type": "response.completed", "response": response("completed", output)})
    assert allocated(lambda: final_of(read_event(data))) < 3 * len(data)
