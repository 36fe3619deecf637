"""Pictures and sound that a model made, which replies of this API cannot have: as a text."""


def picture_note(url: str | None, media_type: str | None) -> str:
    """Return a text in place of a picture."""
    if url:
        return f"![picture]({url})"
    return f"(A picture, {media_type or 'image'}: the Anthropic API has none in replies.)"


def sound_note(transcript: str | None, media_type: str | None) -> str:
    """Return what is said in a sound, or a text in place of it."""
    kind = media_type or "audio"
    return transcript or f"(Sound, {kind}: the Anthropic API has none in replies.)"
