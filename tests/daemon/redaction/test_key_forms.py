"""Every form in which a key can be quoted is found, and nothing else."""

import base64
import json
import string
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.redaction.key_forms import (
    MAX_PART,
    MIN_PART,
    WHOLE_BELOW,
    FormFinder,
    key_forms,
)

KEY = "canary/0123+456789=abcdef%XYZ"
PRINTABLE = string.ascii_letters + string.digits + "-_.+/=%&~"


def found(key: str, text: str) -> list[str]:
    """Return the parts of `text` that are found."""
    finder = FormFinder()
    finder.add(key)
    return [text[a:b] for a, b in finder.find_in(text)]


def base64_after(prefix: str) -> str:
    return base64.b64encode(f"{prefix}{KEY}".encode()).decode()


@pytest.mark.parametrize(
    "quoted",
    [
        KEY,
        json.dumps(KEY),
        quote(KEY, safe=""),
        quote(KEY, safe="").lower(),
        "".join(f"\\u{ord(char):04x}" for char in KEY),
        KEY.encode().hex(),
        KEY.encode().hex().upper(),
        base64_after(""),
        base64_after("x"),
        base64_after("xy"),
        base64_after("Bearer "),
        base64.urlsafe_b64encode(b"user:" + KEY.encode()).decode(),
        KEY[: len(KEY) // 2],
        KEY[len(KEY) // 2 :],
        KEY[3:-3],
        f"{KEY[:14]}\n{KEY[14:]}",
        base64_after("Bearer ")[:30],
    ],
)
def test_quoted_key_is_found(quoted):
    """Escaped, encoded at any offset, cut or broken into lines."""
    assert found(KEY, f"the header was {quoted}.")


@pytest.mark.parametrize("text", ["", KEY[:7], KEY[-4:], f"…{KEY[-4:]}", KEY[:8].upper(), "a" * 50])
def test_what_says_nothing_of_the_key_is_kept(text):
    """As the last four characters, which the user sees."""
    assert not found(KEY, text)


@pytest.mark.parametrize("key", ["timestamp", "broken_frame", "short-key-15cha"])
def test_of_a_short_key_only_the_whole_is_found(key):
    """Its parts could be words."""
    assert len(key) < WHOLE_BELOW
    assert found(key, f"a {key}")
    assert not found(key, f"{key[:-1]} {key[1:]}")


@given(
    st.text(PRINTABLE, min_size=WHOLE_BELOW, max_size=120),
    st.integers(0, 120),
    st.text("xyz |", max_size=20),
    st.text("xyz |", max_size=20),
)
def test_any_long_enough_part_is_found(key, start, before, after):
    """Wherever it begins, and whatever stands beside it."""
    shortest = min(max(MIN_PART, len(key) // 2), MAX_PART)
    part = key[min(start, len(key) - shortest) :][:shortest]
    assert any(part in each for each in found(key, f"{before}{part}{after}"))


@given(st.text("ab", min_size=8, max_size=30), st.text("ab", max_size=300))
def test_what_is_found_is_in_the_key(key, text):
    """Also in keys and texts that repeat themselves."""
    texts = [form.text for form in key_forms(key)]
    assert all(any(part in each for each in texts) for part in found(key, text))
