"""Arguments that are no text, or not yet an object."""

import msgspec
import pytest

from aircherd.providers.chat_completions.calls.argument_text import (
    arguments_text,
    as_object,
    begins_object,
)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", ""),
        (b"null", ""),
        (b"false", ""),
        (b'"x\\u00e9"', "x\u00e9"),
        (b'{"a": 1.0}', '{"a": 1.0}'),
        (b"[]", "[]"),
    ],
)
def test_objects_keep_their_spelling(raw: bytes, text: str) -> None:
    """Arguments that are no text are passed on as the server wrote them."""
    assert arguments_text(msgspec.Raw(raw)) == text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        *((text, "{}") for text in ("", " ", "null", '""', "[]")),
        ('"{\\"a\\":1}"', '{"a":1}'),
        ('{"a"', '{"a"'),
        ("words", "words"),
    ],
)
def test_what_means_an_object_becomes_one(text: str, found: str) -> None:
    """Nothing is an empty object; a string may hold one; anything else is left."""
    assert as_object(text) == found


def test_an_object_may_begin_behind_spaces() -> None:
    """A text that only holds a brace is none."""
    assert begins_object(" \n{")
    assert not begins_object("x{")
