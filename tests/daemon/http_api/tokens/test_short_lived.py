"""Tokens that live as long as a connection."""

import pytest

from aircherd.errors import BadRequest, Busy
from aircherd.http_api.tokens.short_lived import MAX_FAR, MAX_OPEN, ShortLivedTokens
from aircherd.http_api.tokens.token import TokenClient


def test_a_token_is_found_until_it_is_closed():
    tokens, client = ShortLivedTokens(), TokenClient(name="claude")

    tokens.open(b"1", client)
    assert tokens.find(b"1") is client
    assert tokens.clients() == [client]

    tokens.close(b"1")
    tokens.close(b"1")
    assert tokens.find(b"1") is None
    assert not client.is_alive


def test_a_token_is_not_taken_over_while_it_is_open():
    tokens = ShortLivedTokens()
    tokens.open(b"1", TokenClient(name="claude"))

    with pytest.raises(BadRequest, match="open already"):
        tokens.open(b"1", TokenClient(name="other"))


def test_their_number_is_bounded():
    tokens = ShortLivedTokens()
    for number in range(MAX_OPEN):
        tokens.open(number.to_bytes(4), TokenClient(name="claude"))

    with pytest.raises(Busy):
        tokens.open(b"more", TokenClient(name="claude"))


def test_other_machines_leave_room_for_this_one():
    tokens = ShortLivedTokens()
    for number in range(MAX_FAR):
        tokens.open(number.to_bytes(4), TokenClient(name="claude@buildbox", host="buildbox"))

    with pytest.raises(Busy, match="on other machines"):
        tokens.open(b"more", TokenClient(name="claude@ci", host="ci"))
    tokens.open(b"here", TokenClient(name="claude"))
