"""`auth.json`: the decoding, and what is reported about damaged files."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircher_cli.commands.migrate.old_files.auth_json import (
    decode,
    encode,
    read_auth_json,
)
from helpers.old_aircher.samples import CLAUDE, GOOGLE, KEYS, OPENAI, auth_json


def read(data):
    return read_auth_json(data, "auth.json")


def keys_of(found):
    return {key.provider: key.value for key in found.keys}


def messages(found):
    return [f"{note.kind} {note.subject}: {note.message}" for note in found.notes]


def with_stored(**stored):
    return json.dumps({"version": 1, "keys": stored}).encode()


@given(st.text(max_size=600))
def test_every_text_survives_the_encoding(key):
    """Encoding and decoding gives the same key, also beyond 256 bytes."""
    assert decode(encode(key)) == key
    assert decode(encode(key).upper()) == key


@pytest.mark.parametrize(("key", "stored"), [("", ""), ("s", "d9"), ("sk", "d9c0")])
def test_known_encodings(key, stored):
    """Byte `i` is stored as byte ^ i ^ 0xAA."""
    assert encode(key) == stored


@given(st.binary(max_size=200))
def test_every_content_is_read(data):
    """No content raises an error, and each key found is one that the daemon accepts."""
    for key in read(data).keys:
        assert key.value.isascii()
        assert key.value.isprintable()


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=30)))
def test_every_stored_text_is_read(stored):
    """No stored text raises an error."""
    read(with_stored(**stored))


def test_reads_all_keys():
    """All providers have their keys."""
    found = read(auth_json())
    assert keys_of(found) == KEYS
    assert found.notes == []
    assert found.lost == []


@pytest.mark.parametrize("data", [b"", b" \n\t\n"])
def test_an_empty_file_has_no_keys(data):
    """An empty file is no problem: there was no key."""
    found = read(data)
    assert messages(found) == ["hint : is empty: there are no keys in it"]
    assert found.lost == []


def test_a_byte_order_mark_is_ignored():
    """A file that an editor saved with a byte order mark is read."""
    assert keys_of(read(b"\xef\xbb\xbf" + auth_json())) == KEYS


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        ("zz00", "is not in hex digits"),
        (encode("sk-canary")[:6] + "5650", "does not decode to text"),
        (17, "is not text"),
        (["aa"], "is not text"),
        (None, "is not text"),
        (encode("sk canary"), "it contains white space"),
        (encode("sk-canäry"), "other than printable ASCII"),
    ],
)
def test_a_key_that_cannot_be_decoded_is_reported(stored, message):
    """One bad key is a problem with a cure, and the others are read."""
    found = read(with_stored(claude=stored, openai=encode(OPENAI)))
    assert keys_of(found) == {"openai": OPENAI}
    (said,) = messages(found)
    assert said.startswith("problem key of claude: ")
    assert message in said
    assert said.endswith("store it again: aircher-cli auth login anthropic")
    assert found.lost == ["claude"]


def test_an_odd_digit_is_dropped_and_reported():
    """The earlier aircher read such a key, so it is carried over, with a warning."""
    found = read(with_stored(claude=encode(CLAUDE) + "a"))
    assert keys_of(found) == {"claude": CLAUDE}
    assert "odd number of hex digits" in messages(found)[0]
    assert found.notes[0].kind == "hint"


def test_an_empty_key_is_reported():
    """An empty key is no problem: there was none."""
    found = read(with_stored(claude=""))
    assert messages(found) == ["hint key of claude: is empty: none was stored"]
    assert found.lost == []


def test_another_version_is_reported():
    """The earlier aircher ignored the version; the keys are read as it did."""
    found = read(auth_json(version=2))
    assert keys_of(found) == KEYS
    assert "its version is 2" in messages(found)[0]


def test_browser_logins_have_no_counterpart():
    """A token of a login in the browser is listed, and no key."""
    found = read(with_stored(claude_oauth_token=encode("sk-ant-canary-0123456789")))
    assert found.keys == []
    assert [note.kind for note in found.notes] == ["no_counterpart"]


def test_a_truncated_file_gives_its_complete_keys():
    """What is complete is read; the rest is a problem with its line."""
    data = auth_json()
    cut = data[: data.index(encode(GOOGLE).encode()) + 10]
    found = read(cut)
    assert keys_of(found) == {"claude": CLAUDE, "openai": OPENAI}
    assert found.notes[0].kind == "problem"
    assert "the keys that are complete were read" in found.notes[0].message
    assert found.notes[0].line == 6
    assert found.lost


def test_a_name_that_is_not_utf8_is_reported():
    """The line is named, and the other keys are read."""
    found = read(auth_json().replace(b"openai", b"open\xffai"))
    assert found.notes[0].line == 5
    assert set(keys_of(found)) == {"claude", "google"}
    assert found.notes[1].message.startswith("has a name that is not UTF-8")


@pytest.mark.parametrize("data", [b"[]", b'"x"', b"{}", b'{"keys": 3}', b"null"])
def test_another_document_is_reported(data):
    """A JSON document without keys is a problem, not a crash."""
    found = read(data)
    assert messages(found) == ['problem : has no "keys": it is no list of keys']


def test_deep_nesting_is_reported():
    """A file that would exhaust the stack is damaged."""
    assert read(b"[" * 100_000).notes[0].kind == "problem"


def test_no_message_or_repr_contains_a_key():
    """Neither notes nor reprs show a key."""
    found = read(auth_json({**KEYS, "bad": "sk-canary bad"}))
    assert not any(key in repr(found) for key in (*KEYS.values(), "sk-canary bad"))
