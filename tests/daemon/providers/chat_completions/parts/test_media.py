"""Pictures in all forms, and sound in pieces."""

import base64

import pytest

from aircherd.providers.chat_completions.parts.media import MAX_SOUND, Sound, read_image
from aircherd.testing.simulator.script import PICTURE, SOUND
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import AudioDelta, ImageDelta, TextDelta
from helpers.providers.provider_calls import failure_of

URI = f"data:image/png;base64,{PICTURE}"
PNG = ImageDelta(PICTURE, "image/png")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"type": "image_url", "image_url": {"url": URI}, "index": 0}, PNG),
        ({"type": "image_url", "image_url": URI}, PNG),
        ({"url": URI}, PNG),
        (URI, PNG),
        ({"b64_json": PICTURE}, PNG),
        ({"image_url": {"url": f"data:image/jpeg;base64,{PICTURE}"}}, PNG),
        ({"image_url": {"url": "https://host/a.png"}}, ImageDelta(url="https://host/a.png")),
        *((value, None) for value in ({}, [], 5, "a.png", {"url": "data:image/svg+xml,<svg/>"})),
        ({"url": "data:image/png;base64,%%%"}, None),
    ],
)
def test_images(value: object, expected: ImageDelta | None) -> None:
    """Whatever could not be sent back as a picture is none."""
    assert read_image(value) == expected


def heard(*pieces: dict[str, object]) -> AudioDelta | TextDelta:
    sound = Sound()
    for piece in pieces:
        sound.add(piece)
    return sound.close()


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_pieces_with_padding_of_their_own() -> None:
    """The bytes are joined, and what is said in them."""
    pieces = [b"\0", b"\1\2", b"\3\4\5", b"\6"]
    sound = heard(
        {"id": "audio_1"},
        *({"data": encoded(piece), "transcript": f"{piece[0]} "} for piece in pieces),
        {"expires_at": 1},
    )
    whole = encoded(b"\0\1\2\3\4\5\6")
    kind = "audio/pcm;rate=24000"
    assert sound == AudioDelta(whole, kind, "0 1 3 6 ", '{"id":"audio_1"}')


def test_base64_that_was_cut_anywhere() -> None:
    """Pieces of one base64 are joined as they are, and the type is what the bytes say."""
    assert heard({"data": SOUND[:7]}, {"data": SOUND[7:]}) == AudioDelta(SOUND, "audio/wav")


def test_only_what_was_said() -> None:
    """Without sound the transcript is the answer."""
    assert heard({"transcript": "hi"}) == TextDelta("hi")


@pytest.mark.parametrize("data", ["%%%%", "a", PICTURE, "=", "a===="])
def test_what_is_no_sound(data: str) -> None:
    """It is an error, not a reply without sound."""
    assert failure_of(lambda: heard({"data": data})).kind is FailureClass.PROTOCOL


def test_sound_has_a_limit() -> None:
    """Of characters."""
    failure = failure_of(lambda: heard({"data": "A" * (MAX_SOUND + 4)}))
    assert failure.message == f"sent more than {MAX_SOUND} characters of sound"
