"""Parts of a reply in JSON."""

import json

from aircherd.http_api.dialects.gemini.parts_out import Carried, call_part, media_part, signature_of
from aircherd.http_api.dialects.gemini.signatures import Unsealer
from aircherd.vocabulary.parts import ReasoningPart
from aircherd.vocabulary.reply import AudioDelta, ImageDelta


def test_nothing_to_carry() -> None:
    """Most parts have no signature."""
    assert signature_of("p/m", None, Carried()) is None


def test_half_a_character() -> None:
    """What its model would not get back as it was is not carried."""
    carried = Carried()
    carried.before.append(ReasoningPart("\ud800", "s", "p/m"))
    assert signature_of("p/m", "sig", carried) is None


def test_carried() -> None:
    """A part carries the signature of the text before it."""
    carried = Carried()
    carried.said = "item"
    sealed = Unsealer().open(signature_of("p/m", None, carried))
    assert (sealed.said, sealed.signature) == ("item", None)


def test_arguments_stay() -> None:
    """Arguments are passed on as the model wrote them."""
    part = call_part("i", "f", '{"a": 1.50}', None)
    assert b'"args":{"a": 1.50}' in part
    assert json.loads(call_part("i", "f", "", "S")) == {
        "functionCall": {"id": "i", "name": "f", "args": {}},
        "thoughtSignature": "S",
    }


def test_media() -> None:
    """A picture by address, and sound with what is said in it."""
    picture = json.loads(media_part(ImageDelta(url="https://a"), "S"))
    assert picture["fileData"] == {"fileUri": "https://a", "mimeType": "image/png"}
    assert picture["thoughtSignature"] == "S"
    sound = json.loads(media_part(AudioDelta("AAAA", "audio/wav", "hi"), None))
    assert sound["audioTranscription"] == {"text": "hi"}
