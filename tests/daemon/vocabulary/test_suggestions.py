"""A guess helps only where it is close."""

import pytest

from aircherd.vocabulary.suggestions import nearest

KNOWN = ["anthropic", "openai", "openrouter", "ollama", "day"]


@pytest.mark.parametrize(
    ("name", "guess"),
    [
        ("antropic", "anthropic"),
        ("OpenAI", "openai"),
        ("openruter", "openrouter"),
        ("olama", "ollama"),
        ("dya", "day"),
        ("nope", None),
        ("", None),
    ],
)
def test_the_nearest_name(name, guess):
    """A slip of the finger is understood, another word is not."""
    assert nearest(name, KNOWN) == guess
