"""A translated reply in one piece."""

import json

import msgspec
import pytest

from aircherd.chat.replies.reply import Reply
from aircherd.http_api.dialects.openai_responses.reply.whole import events_of
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.content.media import AudioPart, ImagePart
from aircherd.vocabulary.parts import (
    OtherPart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    seal,
)
from helpers.http_api.responses_api import (
    CLAUDE,
    DIALECT,
    ORIGIN,
    QUESTION,
    USAGE,
    a_result,
    an_sdk,
    chat_of,
    read,
)

PATCH = {"type": "custom", "name": "apply_patch"}
PARTS: list[Part] = [
    ReasoningPart("Let me look.", "sig", ORIGIN),
    ReasoningPart("", "redacted", ORIGIN),
    TextPart("So.", signature="s", origin=ORIGIN, citations=[Citation(url="u", data="{}")]),
    TextPart("No.", refusal=True),
    ToolCallPart("c1", "look", '{"at":"it"}', signature="s2", origin=ORIGIN),
    ToolCallPart("c2", "apply_patch", '{"input":"a\\nb"}'),
    ImagePart(data="iVBORw0KGgo=", media_type="image/png", signature="s3", origin=ORIGIN),
    OtherPart("search", ORIGIN, "{}", seal("search", ORIGIN, "{}")),
]


def a_reply(*parts: Part, finish: str = "stop") -> bytes:
    message = {"role": "assistant", "content": [msgspec.to_builtins(part) for part in parts]}
    asked = read(tools=[PATCH])
    return DIALECT.whole_reply(asked, a_result(finish, message=message))


def test_the_sdk_reads_it() -> None:
    """Text, calls, counts and model."""
    with an_sdk(200, a_reply(*PARTS), "application/json") as client:
        response = client.responses.create(model="m", input="Hi")
    assert response.output_text == "So."
    assert response.model == CLAUDE.model
    assert response.usage is not None
    assert response.usage.output_tokens == USAGE.output_tokens
    kinds = [item.type for item in response.output]
    assert kinds.count("function_call") == kinds.count("custom_tool_call") == 1
    assert response.status == "completed"


def test_trap_15_it_comes_back_as_it_was() -> None:
    """With every signature at its part."""
    output = json.loads(a_reply(*PARTS))["output"]
    messages = chat_of(*output, QUESTION, tools=[PATCH]).messages
    assert messages[1].content == PARTS


def test_sound_is_sent_as_its_words() -> None:
    """No request of this API asks for sound."""
    sound = AudioPart("UklGRiQAAABXQVZFZm10IA==", "audio/wav", "Hello")
    (item,) = json.loads(a_reply(sound))["output"]
    assert item["content"][0]["text"] == "Hello"


@pytest.mark.parametrize(
    ("finish", "status"),
    [("stop", "completed"), ("length", "incomplete"), ("refusal", "completed")],
)
def test_it_says_how_it_ended(finish: str, status: str) -> None:
    """As a stream would."""
    response = json.loads(a_reply(TextPart("So."), finish=finish))
    assert response["status"] == status
    assert (response["completed_at"] is None) is (status == "incomplete")


def test_its_events_make_the_same_message() -> None:
    """A reply in one piece and a stream are written by the same code."""
    reply = Reply()
    reply.add(list(events_of(PARTS)))
    assert msgspec.convert(reply.message(ORIGIN)["content"], list[Part]) == PARTS
