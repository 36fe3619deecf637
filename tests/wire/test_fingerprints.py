"""Salted fingerprints of values."""

from hypothesis import given
from hypothesis import strategies as st

from aircher_wire.fingerprints import content_hash, fingerprint

SALT = "0123456789abcdef"


@given(st.text(), st.text())
def test_same_fingerprint_means_same_value(one, two):
    """And nothing of the value is in it."""
    assert (fingerprint(SALT, one) == fingerprint(SALT, two)) == (one == two)
    assert len(fingerprint(SALT, one)) == 32


def test_other_salt_gives_another_fingerprint():
    """Fingerprints of an earlier comparison are useless."""
    assert fingerprint(SALT, "canary") != fingerprint(SALT + "x", "canary")


def test_value_that_is_not_utf8_has_a_fingerprint():
    """The environment may hold any bytes."""
    assert fingerprint(SALT, "\udcff") != fingerprint(SALT, "")


def test_content_hash_tells_a_missing_file_from_an_empty_one():
    """A change that is based on no file must not replace one."""
    assert content_hash(None) == ""
    assert content_hash(b"").startswith("e3b0c442")
    assert content_hash(b"a") != content_hash(b"b")
