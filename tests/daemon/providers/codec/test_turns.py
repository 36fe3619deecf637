"""Messages with their position and sorted parts."""

import pytest

from aircherd.providers.codec.turns import data_uri, result_images, result_text, turns
from aircherd.vocabulary.chat import Message
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.parts import ImagePart, TextPart, ToolCallPart, ToolResultPart
from helpers.providers.provider_calls import a_request, failure_of

PICTURE = ImagePart(media_type="image/png", data="AAAA")


def test_parts_are_sorted_and_keep_their_order() -> None:
    """Each kind separately, all in order, and the position for errors."""
    parts = [TextPart("a"), ToolResultPart("1", "x"), PICTURE, TextPart("b")]
    _, turn = turns([Message("user", "Hi"), Message("user", parts)])
    assert (turn.where, turn.role, turn.parts, turn.said) == ("messages[1]", "user", parts, None)
    assert (turn.text, turn.results, turn.calls) == (["a", "b"], [parts[1]], [])
    (answer,) = turns([Message("assistant", [ToolCallPart("1", "f", "{}")])])
    assert answer.calls == [ToolCallPart("1", "f", "{}")]


def test_a_message_of_text_is_one_part() -> None:
    """As most messages: `said` has the text."""
    (turn,) = turns([Message("user", "Hi")])
    assert (turn.parts, turn.said) == ([TextPart("Hi")], "Hi")


@pytest.mark.parametrize(
    ("content", "text", "pictures"),
    [
        ("done", "done", []),
        ([TextPart("a"), PICTURE, TextPart("b")], "a\nb", [PICTURE]),
        ([PICTURE], "", [PICTURE]),
    ],
)
def test_tool_results(content, text, pictures):
    """Texts are joined, images are separate."""
    result = ToolResultPart("1", content)
    assert (result_text(result), result_images(result)) == (text, pictures)


def test_images_are_urls() -> None:
    """Their own, or one that holds the data."""
    assert data_uri(PICTURE) == "data:image/png;base64,AAAA"
    assert data_uri(ImagePart(url="https://h/p.png")) == "https://h/p.png"


@pytest.mark.parametrize(
    ("role", "part"),
    [
        ("user", {"type": "tool_call", "id": "1", "name": "f", "arguments": "{}"}),
        ("assistant", {"type": "tool_result", "id": "1", "content": "x"}),
        ("system", {"type": "tool_result", "id": "1", "content": "x"}),
    ],
)
def test_parts_in_the_wrong_role(role: str, part: dict[str, object]) -> None:
    """A part in a message of the wrong role is refused with its position."""
    request = a_request({"role": "user", "content": "x"}, {"role": role, "content": [part]})
    failure = failure_of(lambda: turns(request.messages))
    assert FailureClass.BAD_REQUEST is failure.kind
    assert failure.message.startswith("messages[1]: ")
