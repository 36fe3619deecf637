"""Parts are validated when a request is decoded."""

import msgspec
import pytest

from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.parts import OtherPart, Part, TextPart, seal


def test_an_other_part_shows_whether_it_was_changed():
    """In any of its fields, or without its signature."""
    whole = OtherPart("k", "up/m", '{"a":1}', seal("k", "up/m", '{"a":1}'))
    assert whole.is_unchanged
    for field in ("kind", "origin", "data", "signature"):
        assert not msgspec.structs.replace(whole, **{field: "x"}).is_unchanged
    assert not msgspec.structs.replace(whole, signature=None).is_unchanged


def test_a_seal_takes_any_text():
    """Half of a surrogate pair too, and fields do not run into each other."""
    assert seal("k", "o", "\ud83d") != seal("k", "o", "")
    assert seal("ab", "c", "") != seal("a", "bc", "")


def test_a_text_has_its_sources():
    """They survive the way to a client and back."""
    part = TextPart("a", origin="up/m", citations=[Citation(url="https://x", start=0, end=1)])
    assert msgspec.convert(msgspec.to_builtins(part), Part) == part


@pytest.mark.parametrize("mark", [True, False, "1h"])
def test_cache_marks(mark):
    """The usual time, none, or an hour."""
    made = msgspec.convert({"type": "text", "text": "a", "cache": mark}, Part)
    assert made == TextPart("a", cache=mark)


def test_no_other_cache_mark():
    """The message says what it cannot be."""
    with pytest.raises(msgspec.ValidationError, match="'2h'"):
        msgspec.convert({"type": "text", "text": "a", "cache": "2h"}, Part)
