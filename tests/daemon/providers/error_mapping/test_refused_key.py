"""What is shown of messages about refused keys."""

import pytest

from aircherd.providers.error_mapping.refused_key import shown_message


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("Your token has expired.", "Your token has expired."),
        ("invalid x-api-key", "invalid x-api-key"),
        ("Invalid API Key", "Invalid API Key"),
        ("unauthorized", "unauthorized"),
        ("Incorrect API key provided: sk-ab***yz.", ""),
        ("Incorrect API key provided: abcdefgh", ""),
        ("The key abcd1234 has expired", "it has expired"),
        ("API key te***00 was revoked", "it was revoked"),
        ("Your API key sk-1 was reported as leaked", "it was reported as leaked"),
        ("The key ending in wxyz is disabled", "it is disabled"),
        ("key " * 1000, ""),
        ("", ""),
    ],
)
def test_no_part_of_a_key_is_shown(message: str, shown: str) -> None:
    """Only known words, or else a known reason."""
    assert shown == shown_message(message, message.lower())
