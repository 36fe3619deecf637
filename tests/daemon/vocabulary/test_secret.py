"""Secrets stay opaque."""

import copy
import pickle

import msgspec
import pytest

from aircherd.vocabulary.secret import Secret

KEY = "canary-0123456789abcdef"


@pytest.mark.parametrize("show", [repr, str, "{}".format, "%s".__mod__])
def test_no_way_of_printing_shows_the_key(show):
    """Whatever turns a Secret into text gives the same opaque form."""
    assert show(Secret(KEY)) == "Secret(…)"


def test_reveal_is_the_way_in():
    """The key comes back whole, where it is asked for by name."""
    assert Secret(KEY).reveal() == KEY


@pytest.mark.parametrize("serialise", [pickle.dumps, copy.copy, msgspec.json.encode])
def test_a_secret_does_not_travel(serialise):
    """It cannot be serialised by accident."""
    with pytest.raises(TypeError):
        serialise(Secret(KEY))


def test_secrets_compare_by_value():
    """Two readings of the same key are equal, other keys are not."""
    assert Secret(KEY) == Secret(KEY)
    assert Secret(KEY) != Secret(KEY + "x")
    assert len({Secret(KEY), Secret(KEY)}) == 1
    assert Secret(KEY) != KEY


@pytest.mark.parametrize(
    ("key", "masked"), [(KEY, "…cdef"), ("0123456789abcdef", "…cdef"), ("short-key-12345", "…")]
)
def test_masked_shows_four_characters_of_long_keys_only(key, masked):
    """A short key's last four characters would be too much of it."""
    assert Secret(key).masked() == masked
