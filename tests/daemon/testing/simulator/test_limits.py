"""Formats of durations and times in the vendors' headers."""

import pytest

from aircherd.testing.simulator.limits import go_duration, limit_headers


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.012, "12ms"),
        (1, "1s"),
        (360, "6m0s"),
        (179.56, "2m59.56s"),
        (3602.5, "1h0m2.5s"),
    ],
)
def test_durations_are_written_as_go_prints_them(seconds, text):
    """As OpenAI and Groq send them."""
    assert text == go_duration(seconds)


def test_openrouter_and_ollama_send_none_on_success():
    """Only OpenRouter's own 429 has any."""
    assert limit_headers("openrouter", 0) == []
    assert limit_headers("ollama", 0) == []
