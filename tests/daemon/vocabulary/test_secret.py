"""Secrets are opaque."""

import copy
import pickle

import msgspec
import pytest

from aircherd.vocabulary.secret import Secret

KEY = "canary-0123456789abcdef"


@pytest.mark.parametrize("show", [repr, str, "{}".format, "%s".__mod__])
def test_printing_never_shows_the_key(show):
    """Every conversion to text gives the same opaque text."""
    assert show(Secret(KEY)) == "Secret(…)"


def test_reveal_returns_the_key():
    """It is the only method that does."""
    assert Secret(KEY).reveal() == KEY


@pytest.mark.parametrize("serialise", [pickle.dumps, copy.copy, msgspec.json.encode])
def test_a_secret_cannot_be_serialised(serialise):
    """Pickling, copying and encoding raise TypeError."""
    with pytest.raises(TypeError):
        serialise(Secret(KEY))


def test_secrets_compare_by_value():
    """Two Secrets of the same key are equal; a Secret never equals a string."""
    assert Secret(KEY) == Secret(KEY)
    assert Secret(KEY) != Secret(KEY + "x")
    assert len({Secret(KEY), Secret(KEY)}) == 1
    assert Secret(KEY) != KEY


@pytest.mark.parametrize(
    ("key", "masked"), [(KEY, "…cdef"), ("0123456789abcdef", "…cdef"), ("short-key-12345", "…")]
)
def test_masked_shows_four_characters_of_long_keys_only(key, masked):
    """Four characters of a short key would reveal too much of it."""
    assert Secret(key).masked() == masked
