"""Messages with their position and sorted parts, and nothing that an API does not take."""

from base64 import b64encode

import pytest

from aircherd.providers.codec.turns import (
    PICTURE_FOLLOWS,
    Takes,
    data_uri,
    result_images,
    result_text,
    turns,
)
from aircherd.vocabulary.chat import Message
from aircherd.vocabulary.content.media import AudioPart, DocumentPart, ImagePart
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.parts import OtherPart, TextPart, ToolCallPart, ToolResultPart
from helpers.providers.provider_calls import a_request, failure_of

PICTURE = ImagePart(media_type="image/png", data="iVBORw0KGgo=")
PDF = DocumentPart(data=b64encode(b"%PDF-1.7").decode(), name="paper.pdf")
NOTES = DocumentPart(data=b64encode(b"buy tea").decode(), media_type="text/plain", name="a.txt")
SOUND = AudioPart(data=b64encode(b"RIFF....WAVEfmt ").decode())
SPOKEN = AudioPart(data=SOUND.data, transcript="hello", origin="up/m")
OTHER = OtherPart("search", "up/m", "{}")

PLAIN = Takes(name="Up")
ALL = Takes(
    name="Up",
    documents=True,
    result_documents=True,
    text_documents=True,
    audio=True,
    model_media=True,
    others=True,
)


def test_parts_are_sorted_and_keep_their_order() -> None:
    """Each kind separately, all in order, and the position for errors."""
    parts = [TextPart("a"), ToolResultPart("1", "x"), PICTURE, TextPart("b")]
    _, turn = turns([Message("user", "Hi"), Message("user", parts)], PLAIN)
    assert (turn.where, turn.role, turn.parts, turn.said) == ("messages[1]", "user", parts, None)
    assert (turn.text, turn.results, turn.calls) == (["a", "b"], [parts[1]], [])
    (answer,) = turns([Message("assistant", [ToolCallPart("1", "f", "{}")])], PLAIN)
    assert answer.calls == [ToolCallPart("1", "f", "{}")]


def test_a_message_of_text_is_one_part() -> None:
    """As most messages: `said` has the text."""
    (turn,) = turns([Message("user", "Hi")], PLAIN)
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
    assert data_uri(PICTURE) == "data:image/png;base64,iVBORw0KGgo="
    assert data_uri(ImagePart(url="https://h/p.png")) == "https://h/p.png"


@pytest.mark.parametrize(
    ("role", "part"),
    [
        ("user", {"type": "tool_call", "id": "1", "name": "f", "arguments": "{}"}),
        ("assistant", {"type": "tool_result", "id": "1", "content": "x"}),
        ("system", {"type": "tool_result", "id": "1", "content": "x"}),
        ("user", {"type": "other", "kind": "k", "origin": "up/m", "data": "{}"}),
        ("assistant", {"type": "document", "url": "https://x/a.pdf"}),
        ("system", {"type": "image", "url": "https://x/a.png"}),
    ],
)
def test_parts_in_the_wrong_role(role: str, part: dict[str, object]) -> None:
    """A part in a message of the wrong role is refused with its position."""
    request = a_request({"role": "user", "content": "x"}, {"role": role, "content": [part]})
    failure = failure_of(lambda: turns(request.messages, ALL))
    assert FailureClass.BAD_REQUEST is failure.kind
    assert failure.message.startswith("messages[1]: ")


# ------------------------------------------------------------------ what an API does not take


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (PDF, "messages[0]: Up does not take a PDF: send its text instead"),
        (ToolResultPart("1", [PDF]), "messages[0]: Up does not take a PDF: send its text instead"),
        (SOUND, "messages[0]: Up does not take sound"),
    ],
)
def test_documents_and_sound_are_refused_by_name(part, message):
    """Another candidate may take them."""
    failure = failure_of(lambda: turns([Message("user", [part])], PLAIN))
    assert (failure.kind, failure.message) == (FailureClass.UNSUPPORTED, message)


def test_a_pdf_may_be_refused_only_in_a_tool_result():
    """The message says so."""
    takes = Takes(name="Up", documents=True)
    (turn,) = turns([Message("user", [PDF])], takes)
    assert turn.parts == [PDF]
    failure = failure_of(lambda: turns([Message("user", [ToolResultPart("1", [PDF])])], takes))
    assert failure.message.startswith("messages[0]: Up does not take a PDF in a tool result")


def test_a_text_file_becomes_text():
    """With its name, also in a tool result; any model can read it."""
    said = TextPart("a.txt:\nbuy tea")
    (turn,) = turns([Message("user", [NOTES, ToolResultPart("1", [NOTES])])], PLAIN)
    assert turn.parts == [said, ToolResultPart("1", [said])]


def test_what_an_api_takes_is_kept():
    """Each kind."""
    asked = [PDF, NOTES, SOUND, ToolResultPart("1", [PDF, NOTES])]
    answered = [OTHER, PICTURE, SPOKEN]
    messages = [Message("user", asked), Message("assistant", answered)]
    assert [turn.parts for turn in turns(messages, ALL)] == [asked, answered]


def test_other_parts_are_left_out():
    """They mean nothing to another API."""
    (turn,) = turns([Message("assistant", [TextPart("a"), OTHER])], PLAIN)
    assert turn.parts == [TextPart("a")]


def test_what_a_model_made_follows_in_the_next_message():
    """Pictures as pictures, sound as its transcript, in place."""
    made = ImagePart(data=PICTURE.data, origin="up/m", signature="s")
    messages = [
        Message("user", "draw"),
        Message("assistant", [TextPart("here"), made, SPOKEN]),
        Message("user", "redder"),
    ]
    _, answer, question = turns(messages, PLAIN)
    assert answer.parts == [TextPart("here"), TextPart("hello")]
    assert question.parts == [TextPart(PICTURE_FOLLOWS), PICTURE, TextPart("redder")]
    assert question.said is None


def test_what_an_api_made_itself_stays_in_its_place():
    """The rest follows in the next message."""
    own = ImagePart(data=PICTURE.data, origin="up/m", signature="own")
    takes = Takes(name="Up", keeps_media=lambda part: part.signature == "own")
    messages = [Message("assistant", [own, PICTURE]), Message("user", "q")]
    answer, question = turns(messages, takes)
    assert answer.parts == [own]
    assert question.parts == [TextPart(PICTURE_FOLLOWS), PICTURE, TextPart("q")]
