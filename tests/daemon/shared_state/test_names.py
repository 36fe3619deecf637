"""Names as the engine gets them."""

import pytest

from aircherd.shared_state.names import SECRET_BYTES, Names

SECRET = bytes(range(SECRET_BYTES))


def test_all_machines_with_the_secret_have_the_same_hash() -> None:
    """Or their counters would not be one."""
    one, other = Names(SECRET), Names(SECRET)
    assert one.hash("key", "work") == other.hash("key", "work")
    assert Names(bytes(SECRET_BYTES)).hash("key", "work") != one.hash("key", "work")


def test_hash_says_nothing() -> None:
    """It is hexadecimal, and the name is not in it."""
    found = Names(SECRET).hash("limit", "acme", "secret-project")
    assert len(found) == 32
    int(found, 16)


def test_other_parts_have_other_hashes() -> None:
    """Also those that are equal when they are joined; no part is not an empty one."""
    parts = [("a", "b"), ("ab",), ("a", "", "b"), ("a", None, "b"), ("", "ab"), ("a", "b", None)]
    parts += [("1:b", "-"), ("-", "1:b"), ("\udcff",), ()]
    names = Names(SECRET)
    assert len({names.hash(kind, *each) for kind in ("a", "limit") for each in parts}) == 20


def test_secret_is_whole_and_stays_hidden() -> None:
    """A short one would be guessed."""
    with pytest.raises(ValueError, match="32 bytes"):
        Names(b"short")
    assert repr(Names(SECRET)) == "<Names>"
