"""What can be a key at all."""

import traceback

import pytest

from aircherd.auth.key_format import MAX_KEY, check_key
from aircherd.errors import BadRequest
from aircherd.vocabulary.secret import Secret


def test_surrounding_white_space_is_removed():
    """`cat file` and clipboards add it."""
    assert check_key(" \tsk-canary-0123\r\n") == Secret("sk-canary-0123")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("sk-canary 0123", "white space"),
        ("sk-canary\n0123", "white space"),
        ("sk-canary\u00a00123", "white space"),
        ("sk-canary\x000123", "control character"),
        ("sk-canary\x1b[0m", "control character"),
        ("sk-canary\x7f", "control character"),
        ("sk-canary-ü", "printable ASCII"),
        ("sk-canary-\udc80", "printable ASCII"),
        ("sk-canary" + "x" * MAX_KEY, "longer"),
    ],
)
def test_invalid_key_is_refused_without_repeating_it(text, problem):
    """The message names the problem and never the key."""
    with pytest.raises(BadRequest, match=problem) as caught:
        check_key(text)
    assert "canary" not in "".join(traceback.format_exception(caught.value))


def test_key_of_maximum_length_is_allowed():
    """The limit is inclusive."""
    assert check_key("x" * MAX_KEY).reveal() == "x" * MAX_KEY
