"""Suggestions for misspelled names."""

import pytest

from aircherd.vocabulary.suggestions import nearest, suggestion, unknown_provider

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


def test_suggestion_is_empty_if_no_name_is_near():
    """It can be appended to any message."""
    assert suggestion("olama", KNOWN) == " (did you mean 'ollama'?)"
    assert suggestion("nope", KNOWN) == ""


def test_unknown_provider_names_the_nearest_and_all():
    """A better guess replaces the nearest name."""
    providers = ["anthropic", "openai"]
    assert unknown_provider("opnai", providers) == (
        "there is no provider 'opnai' (did you mean 'openai'?); known: anthropic, openai"
    )
    assert unknown_provider("maker", providers, " (did you mean 'x/maker'?)") == (
        "there is no provider 'maker' (did you mean 'x/maker'?); known: anthropic, openai"
    )
