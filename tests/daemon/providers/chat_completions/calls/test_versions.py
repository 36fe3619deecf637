"""Whether an object is another one again, or a later version of it."""

from aircherd.providers.chat_completions.calls.versions import has_more_fields, is_later, is_same

SHORT, LONG = '{"a":"x"}', '{"a":"x","b":1}'


def test_the_same_object_in_any_spelling() -> None:
    """Spaces do not count, even where there is no JSON."""
    assert is_same(SHORT, ' { "a" : "x" } ')
    assert is_same("words", " words ")
    assert not is_same(SHORT, LONG)


def test_later_versions_have_all_of_the_earlier_one() -> None:
    """More fields, or for a later version longer texts as well."""
    assert has_more_fields(SHORT, LONG)
    assert is_later(SHORT, LONG)
    assert is_later(SHORT, '{"a":"xy"}')
    assert not has_more_fields(SHORT, '{"a":"xy"}')
    assert not is_later(LONG, SHORT)


def test_a_short_text_is_not_compared_with_a_long_one() -> None:
    """The work stays within a multiple of what was received."""
    long = '{"a":"' + "x" * 1000 + '"}'
    assert not is_same(long, "{}")
    assert not is_later(long, "{}")


def test_deep_nesting_is_no_crash() -> None:
    """What cannot be compared is another object."""
    deep = '{"a":' * 50_000 + "1" + "}" * 50_000
    assert not is_later(deep, deep[:-1] + " }")
