"""Keys in places where none should be, and what may be shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircher_cli.commands.migrate.secret_shapes import (
    could_be_key,
    key_problem,
    looks_like_key,
    mask,
    safe,
)
from aircherd.auth.key_format import check_key
from aircherd.config import secret_detection
from aircherd.errors import BadRequest
from aircherd.vocabulary.secret import Secret

TEXTS = st.one_of(
    st.text(max_size=40),
    st.from_regex(r"(sk|pk|gsk|xai|AIza)[-_][A-Za-z0-9_-]{0,20}", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9]{14,20}", fullmatch=True),
)


@given(TEXTS)
def test_shapes_are_those_of_the_daemon(text):
    """The client recognises what the daemon does."""
    assert looks_like_key(text) == secret_detection.looks_like_key(text)
    assert could_be_key(text) == secret_detection.could_be_key(text)


@given(TEXTS.map(str.strip))
def test_accepted_keys_are_those_of_the_daemon(text):
    """A key is planned exactly if the daemon would accept it."""
    try:
        check_key(text)
    except BadRequest:
        assert key_problem(text) is not None
    else:
        assert key_problem(text) is None


@given(st.text(max_size=60))
def test_masks_are_those_of_the_daemon(text):
    """At most four characters of a key are shown."""
    assert mask(text) == Secret(text).masked()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("openai", "openai"),
        ("a\nb", "a?b"),
        ("sk-canary-0123456789", "(not shown, it may be a key)"),
        ("x-" * 40, f"{'x-' * 32}…"),
    ],
)
def test_safe_text(text, shown):
    """A name is shown on one line, shortened, and never if it may be a key."""
    assert safe(text) == shown
