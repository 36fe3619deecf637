"""What `tokens.json` has, and what is said of one that cannot be used."""

from decimal import Decimal

import pytest

from aircherd.config.model import Limit
from aircherd.http_api.tokens.token_file import (
    StoredLimit,
    StoredToken,
    UnusableTokens,
    decode_tokens,
    encode_tokens,
)

FULL = StoredToken(
    name="zed",
    digest="ab" * 32,
    created_at=1.5,
    used_at=2.5,
    expires_at=100.0,
    project="/src/acme",
    models=("sonnet",),
    providers=("openai",),
    limits=(StoredLimit(per="day", usd=Decimal("0.10")), StoredLimit(per="hour", requests=5)),
)


def test_what_is_written_is_read_again():
    tokens = [FULL, StoredToken(name="ci", digest="cd" * 32, created_at=3.0)]

    assert decode_tokens(encode_tokens(tokens)) == tokens


def test_money_is_exact_in_the_file():
    assert b'"usd": "0.10"' in encode_tokens([FULL])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is damaged"),
        (b"{", "is damaged"),
        (b"[" * 100_000, "is damaged"),
        (b'{"version": 1}', "is damaged"),
        (b'{"version": 1, "tokens": [{"name": "ak-air-x"}]}', "is damaged"),
        (b'{"version": 2, "people": []}', "is of a later version of aircher"),
        (b'{"version": 1, "tokens": [], "later": 1}', "is damaged"),
        (
            b'{"version": 1, "tokens": [{"name": "a", "digest": "xy", "created_at": 1}]}',
            "is damaged",
        ),
        (encode_tokens([FULL, FULL]), "two tokens of one name"),
    ],
)
def test_a_file_that_is_none_of_ours_is_refused_and_not_quoted(content, message):
    with pytest.raises(UnusableTokens, match=message) as raised:
        decode_tokens(content)

    assert "ak-air" not in str(raised.value)


def test_the_limit_of_a_token_is_one_of_its_client():
    limit = StoredLimit(per="day", usd=Decimal(5))

    assert limit.of_client("zed") == Limit(per="day", usd=Decimal(5), client="zed")


def test_a_token_without_a_time_never_expires():
    assert FULL.has_expired(100.0)
    assert not FULL.has_expired(99.9)
    assert not StoredToken(name="ci", digest="cd" * 32, created_at=3.0).has_expired(1e12)
