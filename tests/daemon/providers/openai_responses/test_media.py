"""Pictures and sound that a model made."""

import base64

import msgspec
import pytest

from aircherd.providers.openai_responses import media
from aircherd.providers.openai_responses.media import StreamedAudio, audio_of, image_of
from aircherd.providers.openai_responses.schema import ContentPart, item_of
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import AudioDelta, ImageDelta
from helpers.providers.provider_calls import failure_of

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(24)).decode()
SVG = base64.b64encode(b"<svg/>").decode()
WAV = base64.b64encode(b"RIFF0000WAVEfmt ").decode()
SIGNATURE = '{"type":"image_generation_call","id":"ig_1","status":"completed"}'


def image(result: object) -> ImageDelta | None:
    item = {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": result}
    sent = item_of(msgspec.Raw(msgspec.json.encode(item)))
    assert sent is not None
    return image_of(sent)


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (PNG, ImageDelta(PNG, "image/png", signature=SIGNATURE)),
        (f"data:image/jpeg;base64,{PNG}", ImageDelta(PNG, "image/png", signature=SIGNATURE)),
        ("https://a.b/c.png", ImageDelta(url="https://a.b/c.png", signature=SIGNATURE)),
        (SVG, None),
        ("not base64", None),
        (None, None),
        (7, None),
    ],
)
def test_the_result_of_a_call_is_a_picture(result: object, expected: ImageDelta | None) -> None:
    """Its bytes say what it is; all else of the item is in the signature."""
    assert image(result) == expected


def test_sound_of_a_part() -> None:
    """With what is said in it."""
    part = ContentPart(type="output_audio", data=WAV, transcript="hi")
    assert audio_of(part) == AudioDelta(WAV, "audio/wav", "hi")
    assert audio_of(ContentPart(type="output_audio", data="?")) is None


def test_sound_in_pieces() -> None:
    """Each piece is base64 of its own."""
    audio = StreamedAudio()
    assert audio.whole() is None
    audio.add(base64.b64encode(b"RIFF0000WA").decode())
    audio.add(base64.b64encode(b"VEfmt ").decode())
    audio.add_words("h")
    audio.add_words("i")
    assert audio.whole() == AudioDelta(WAV, "audio/wav", "hi")


def test_endless_or_broken_sound_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is collected until the end of the reply."""
    monkeypatch.setattr(media, "MAX_AUDIO", 8)
    audio = StreamedAudio()
    audio.add("AAAA")
    assert failure_of(lambda: audio.add("A")).kind is FailureClass.PROTOCOL
    assert failure_of(lambda: audio.add("AAAAA")).kind is FailureClass.PROTOCOL
