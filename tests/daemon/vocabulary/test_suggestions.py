"""Suggestions for misspelled names."""

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
    """A typing error gives a suggestion, a different word gives none."""
    assert nearest(name, KNOWN) == guess
