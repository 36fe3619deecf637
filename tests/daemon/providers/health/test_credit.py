"""OpenRouter's page of a key."""

import pytest

from aircherd.providers.health.credit import has_credit


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"data":{"label":"k","limit":10,"limit_remaining":4.2,"is_free_tier":false}}', True),
        (b'{"data":{"limit":10,"limit_remaining":0}}', False),
        (b'{"data":{"limit":10,"limit_remaining":-0.3}}', False),
        (b'{"data":{"limit":null,"limit_remaining":null}}', False),
        (b'{"data":{"limit_remaining":true}}', False),
        (b'{"data":[]}', False),
        (b"[]", False),
        (b"<html>", False),
        (b"[" * 100_000, False),
    ],
)
def test_credit(body, expected):
    """More than zero of a limit; a key without a limit shows nothing, nor does an invalid value."""
    assert expected is has_credit(body)
