"""What a request asks for that has no word of ours."""

from aircherd.http_api.dialects.common.unsaid import MAX_KEPT, MAX_LENGTH, Unsaid


def test_in_one_line() -> None:
    """A few are named, each once, and the rest counted."""
    unsaid = Unsaid()
    assert unsaid.text() is None
    for name in ("a", "b", "a", "c", "d", "e"):
        unsaid.add(name)
    assert unsaid.text() == "a, b, c and 2 more"


def test_there_may_be_very_many() -> None:
    """A body of a few megabytes can have half a million; they are counted."""
    unsaid = Unsaid()
    for number in range(1000):
        unsaid.add(f"input[{number}]")
    assert unsaid.text() == "input[0], input[1], input[2] and 997 more"
    assert len(unsaid.names) == MAX_KEPT


def test_words_of_a_client_are_shown_as_they_can_be() -> None:
    """On one line, and not all of a long one."""
    unsaid = Unsaid()
    unsaid.add('type "a\n\x1b[2J' + "b" * 1000)
    text = unsaid.text()
    assert text is not None
    assert text.isprintable()
    assert len(text) == MAX_LENGTH + 3
