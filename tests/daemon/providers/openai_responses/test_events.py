"""Events of the Responses API, some of them with less in them than OpenAI's."""

from aircherd.providers.openai_responses.reply import ResponsesStream
from aircherd.testing.simulator.script import PICTURE, SOUND
from aircherd.vocabulary.reply import (
    AudioDelta,
    ImageDelta,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
)
from helpers.providers.provider_calls import run_decoder
from helpers.providers.responses.decoding import COMPLETED, decode, ended, item_done
from helpers.providers.responses.streams import call, message, wire


def test_arguments_that_come_only_at_the_end_of_a_call() -> None:
    """A call that starts without arguments gets them when it is done."""
    begun, *_, done = call(0, "a", "f", '{"x":1}')
    events = [ToolCallDelta(0, "a", "f"), ToolCallDelta(0, arguments='{"x":1}')]
    assert decode(wire(begun, done, COMPLETED)) == ([*events, *ended("tool_calls")], None)


def test_items_without_indices() -> None:
    """Pieces find their item by id if the server sends no index."""
    items = [*call(0, "a", "f", '{"x"', ":1}"), *call(1, "b", "g", "[]"), *message(2, "t")]
    for event in items:
        del event["output_index"]
    expected = [
        ToolCallDelta(0, "a", "f"),
        ToolCallDelta(0, arguments='{"x"'),
        ToolCallDelta(0, arguments=":1}"),
        ToolCallDelta(1, "b", "g"),
        ToolCallDelta(1, arguments="[]"),
        TextDelta("t"),
    ]
    assert decode(wire(*items, COMPLETED)) == ([*expected, *ended("tool_calls")], None)


def test_open_models_send_their_thinking() -> None:
    """It becomes events like a summary."""
    place = {"output_index": 0, "item_id": "rs", "content_index": 0}
    deltas = [
        {"type": "response.reasoning_text.delta", **place, "delta": "2 and"},
        {"type": "response.reasoning_text.delta", **place, "delta": " 3"},
    ]
    events = [ReasoningDelta("2 and"), ReasoningDelta(" 3"), *ended("stop")]
    assert decode(wire(*deltas, COMPLETED)) == (events, None)


def test_sound_and_pictures() -> None:
    """Sound comes in pieces of its own, a picture as the result of a call."""
    picture = {"type": "image_generation_call", "id": "ig", "result": PICTURE}
    events, _ = decode(
        wire(
            {"type": "response.audio.delta", "delta": SOUND},
            {"type": "response.audio.transcript.delta", "delta": "hi"},
            item_done(**picture),
            COMPLETED,
        )
    )
    signature = '{"type":"image_generation_call","id":"ig"}'
    assert events == [
        ImageDelta(PICTURE, "image/png", signature=signature),
        AudioDelta(SOUND, "audio/wav", "hi"),
        *ended("stop"),
    ]


def test_arguments_that_come_whole_each_time_are_taken_once() -> None:
    """Each piece has all of the text so far."""
    body = (
        b'data: {"type":"response.output_item.added","item":'
        b'{"type":"function_call","call_id":"c","name":"f"}}\n\n'
        b'data: {"type":"response.function_call_arguments.delta","delta":"{\\"a\\":"}\n\n'
        b'data: {"type":"response.function_call_arguments.delta","delta":"{\\"a\\":1}"}\n\n'
        b'data: {"type":"response.completed","response":{"status":"completed"}}\n\n'
    )
    events, failure = run_decoder(ResponsesStream(), [body])
    assert failure is None
    calls = [each for each in events if isinstance(each, ToolCallDelta)]
    assert "".join(each.arguments for each in calls) == '{"a":1}'
