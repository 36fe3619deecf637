"""The redactor replaces every live key in text."""

import json
from contextlib import suppress

import pytest

from aircherd.redaction import HIDDEN, Redactor, is_shaped_like_key
from aircherd.vocabulary.secret import Secret

KEY = "canary-0123456789abcdef"


def test_every_live_key_is_redacted():
    """The rest of the text is kept."""
    redactor = Redactor()
    redactor.add(Secret(KEY))
    redactor.add(Secret("another-live-key"))
    text = f"sent {KEY} and another-live-key twice: {KEY}"
    assert redactor.redact(text) == f"sent {HIDDEN} and {HIDDEN} twice: {HIDDEN}"


@pytest.mark.parametrize("write", [json.dumps, repr, str])
def test_escaped_key_is_redacted(write):
    """JSON and `repr` escape quotes and backslashes."""
    key = 'canary"with\\odd-characters'
    redactor = Redactor()
    redactor.add(Secret(key))
    assert "canary" not in redactor.redact(write(key))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_longer_of_two_keys_with_a_common_prefix_is_redacted_completely(order):
    """A truncated key may have been stored first."""
    keys = ["abcdefgh12345678", "abcdefgh12345678-the-rest"]
    redactor = Redactor()
    for number in order:
        redactor.add(Secret(keys[number]))
    assert redactor.redact(f"{keys[1]} {keys[0]}") == f"{HIDDEN} {HIDDEN}"


def test_short_keys_are_not_redacted():
    """A key of less than eight characters could be part of ordinary words."""
    redactor = Redactor()
    redactor.add(Secret("test"))
    assert redactor.redact("a test") == "a test"


@pytest.mark.parametrize(
    "echo",
    ["sk-abc12***********wxyz", "sk-ant-api03-AbCdEf_123", "AIzaSyA1234567890", "gsk_abcdefgh"],
)
def test_text_shaped_like_a_vendors_key_is_redacted(echo):
    """A provider's error may echo an unknown key, or one with its middle masked."""
    assert Redactor().redact(f"Incorrect API key provided: {echo}.") in {
        f"Incorrect API key provided: {HIDDEN}.",
        f"Incorrect API key provided: {HIDDEN}",
    }


def test_repr_contains_no_key():
    """Only a count."""
    redactor = Redactor()
    redactor.add(Secret(KEY))
    assert repr(redactor) == "<Redactor of 1 keys>"


def test_has_key_detects_live_keys_only():
    """Text that only looks like a key may be a name."""
    redactor = Redactor()
    redactor.add(Secret(KEY))
    texts = [KEY, f"a model {KEY}-x", KEY[:-1], "xai-grok-4-fast"]
    assert [redactor.has_key(text) for text in texts] == [True, True, False, False]


@pytest.mark.parametrize(
    ("key", "expected"),
    [("llama.cpp", False), ("0123456789abcde", False), ("0123456789abcdef", True)],
)
def test_short_key_is_not_detected_but_redacted(key, expected):
    """For example a placeholder key of a local server, which may be part of a model's name."""
    redactor = Redactor()
    redactor.add(Secret(key))
    assert redactor.has_key(f"/srv/{key}/tiny.gguf") is expected
    assert redactor.redact(f"/srv/{key}/tiny.gguf") == f"/srv/{HIDDEN}/tiny.gguf"


def test_refused_key_is_redacted_only_while_it_is_checked():
    """It may be a word that the log needs."""
    redactor = Redactor()
    with suppress(ValueError), redactor.trying(Secret("timestamp")):
        assert redactor.redact("a timestamp") == f"a {HIDDEN}"
        raise ValueError
    assert redactor.redact("a timestamp") == "a timestamp"


def test_accepted_key_stays_redacted():
    """A key in use does not become harmless by one more check that fails."""
    redactor = Redactor()
    with redactor.trying(Secret(KEY)):
        pass
    assert redactor.redact(KEY) == HIDDEN
    with suppress(ValueError), redactor.trying(Secret(KEY)):
        raise ValueError
    assert redactor.redact(KEY) == HIDDEN


def test_parts_that_touch_are_hidden_together():
    """A key that was broken into lines leaves nothing between them but the break."""
    redactor = Redactor()
    redactor.add(Secret(KEY))
    assert redactor.redact(f"{KEY[:12]}\n{KEY[12:]}{KEY}") == f"{HIDDEN}\n{HIDDEN}"


def test_variable_of_a_program_is_a_key_if_it_contains_one():
    """A short key only if it is the whole value: it may be a word."""
    redactor = Redactor()
    redactor.add(Secret("llama.cpp"))
    redactor.add(Secret("a-live-key-of-20-chars"))
    found = [redactor.is_key(text) for text in ("llama.cpp", "x:a-live-key-of-20-chars", "llama")]
    assert found == [True, True, False]
    assert not redactor.is_key("/opt/llama.cpp/bin")


def test_shape_of_a_key_is_that_of_the_whole_word():
    """Not of a part of a path."""
    assert is_shaped_like_key("sk-ant-0123456789")
    assert not is_shaped_like_key("/opt/sk-ant-0123456789")


def test_forgotten_keys_are_still_redacted():
    """Digests of them are kept, in every form."""
    redactor = Redactor()
    quoted = 'canary-"quoted"-0123'
    for key in (KEY, quoted):
        redactor.add(Secret(key))
    redactor.forget()
    assert redactor.redact(f"a {KEY}, {KEY}") == f"a {HIDDEN}, {HIDDEN}"
    assert redactor.redact(json.dumps(quoted)) == f'"{HIDDEN}"'
    assert redactor.redact("a test") == "a test"


def test_a_key_that_is_known_again_needs_no_digest():
    """The search for digests takes time."""
    redactor = Redactor()
    redactor.add(Secret(KEY))
    redactor.forget()
    redactor.add(Secret(KEY))
    assert not redactor._forgotten.has_keys
    assert redactor.redact(f"a {KEY}") == f"a {HIDDEN}"


def test_masked_data_has_the_same_length():
    """The format around a key stays valid; a short key may be a part of a word."""
    redactor = Redactor()
    redactor.add(Secret(KEY))
    redactor.add(Secret("llama.cpp"))
    data = f"\x99{KEY} and llama.cpp, {KEY}".encode()
    masked = redactor.mask(data)
    assert len(masked) == len(data)
    assert KEY.encode() not in masked
    assert b"llama.cpp" in masked
    assert redactor.mask(b"nothing") == b"nothing"
