"""Texts in place of what replies of this API cannot have."""

from aircherd.http_api.dialects.anthropic.reply.notes import picture_note, sound_note


def test_a_picture_by_url_is_a_link() -> None:
    """Clients show it."""
    assert picture_note("https://a.test/b.png", None) == "![picture](https://a.test/b.png)"


def test_data_is_named_and_not_shown() -> None:
    """A megabyte of base64 would be sent back each time."""
    assert picture_note(None, "image/png").startswith("(A picture, image/png: ")
    assert sound_note(None, None).startswith("(Sound, audio: ")


def test_sound_is_what_is_said_in_it() -> None:
    """If that is known."""
    assert sound_note("Good morning.", "audio/wav") == "Good morning."
