"""The redactor takes every live key out of text."""

import json

import pytest

from aircherd.redaction import HIDDEN, Redactor
from aircherd.vocabulary.secret import Secret

KEY = "canary-0123456789abcdef"


def test_redactor_hides_every_live_key():
    """Known keys go, the rest of the text stays."""
    redactor = Redactor()
    redactor.add(Secret(KEY))
    redactor.add(Secret("another-live-key"))
    text = f"sent {KEY} and another-live-key twice: {KEY}"
    assert redactor.redact(text) == f"sent {HIDDEN} and {HIDDEN} twice: {HIDDEN}"


@pytest.mark.parametrize("write", [json.dumps, repr, str])
def test_redactor_knows_a_key_in_the_form_of_a_log_line(write):
    """A JSON line or a `repr` escapes quotes and backslashes."""
    key = 'canary"with\\odd-characters'
    redactor = Redactor()
    redactor.add(Secret(key))
    assert "canary" not in redactor.redact(write(key))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_redactor_takes_the_longer_of_two_keys_that_begin_alike(order):
    """A truncated key may have been stored first; the whole one's rest must not stay."""
    keys = ["abcdefgh12345678", "abcdefgh12345678-the-rest"]
    redactor = Redactor()
    for number in order:
        redactor.add(Secret(keys[number]))
    assert redactor.redact(f"{keys[1]} {keys[0]}") == f"{HIDDEN} {HIDDEN}"


def test_redactor_leaves_short_values_alone():
    """A key of less than eight characters would tear holes into ordinary words."""
    redactor = Redactor()
    redactor.add(Secret("test"))
    assert redactor.redact("a test") == "a test"


@pytest.mark.parametrize(
    "echo",
    ["sk-abc12***********wxyz", "sk-ant-api03-AbCdEf_123", "AIzaSyA1234567890", "gsk_abcdefgh"],
)
def test_redactor_hides_what_looks_like_a_vendors_key(echo):
    """A provider's error may echo a key that we do not know, or one with its middle starred out."""
    assert Redactor().redact(f"Incorrect API key provided: {echo}.") in {
        f"Incorrect API key provided: {HIDDEN}.",
        f"Incorrect API key provided: {HIDDEN}",
    }


def test_redactor_repr_holds_no_key():
    """Its state is a count."""
    redactor = Redactor()
    redactor.add(Secret(KEY))
    assert repr(redactor) == "<Redactor of 1 texts>"


def test_redactor_tells_whether_a_key_is_in_a_text():
    """Only keys that are known: what merely looks like one may be a name."""
    redactor = Redactor()
    redactor.add(Secret(KEY))
    texts = [KEY, f"a model {KEY}-x", KEY[:-1], "xai-grok-4-fast"]
    assert [redactor.has_key(text) for text in texts] == [True, True, False, False]


@pytest.mark.parametrize(
    ("key", "expected"),
    [("llama.cpp", False), ("0123456789abcde", False), ("0123456789abcdef", True)],
)
def test_a_short_key_may_be_a_word_of_a_name(key, expected):
    """A placeholder for a local server; a text that is only shown has it taken out all the same."""
    redactor = Redactor()
    redactor.add(Secret(key))
    assert redactor.has_key(f"/srv/{key}/tiny.gguf") is expected
    assert redactor.redact(f"/srv/{key}/tiny.gguf") == f"/srv/{HIDDEN}/tiny.gguf"
