"""What cannot be said."""

from aircherd.http_api.dialects.openai_responses.request.notes import Notes


def test_the_first_is_told() -> None:
    """One reason is enough."""
    notes = Notes()
    assert notes.unsaid is None
    notes.cannot("background")
    notes.cannot("prompt")
    assert notes.unsaid == "background"
