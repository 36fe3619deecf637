"""What a request asks for that has no word of ours."""

from aircherd.http_api.dialects.common.unsaid import Unsaid


def test_in_one_line() -> None:
    """A few are named, each once, and the rest counted."""
    unsaid = Unsaid()
    assert unsaid.text() is None
    for name in ("a", "b", "a", "c", "d", "e"):
        unsaid.add(name)
    assert unsaid.text() == "a, b, c and 2 more"
