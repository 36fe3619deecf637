"""Encoding of results for clients."""

from aircherd.api.wire import to_wire


def test_none_is_left_out():
    """A field without a value is absent rather than null."""
    assert to_wire({"a": 1, "b": None}) == {"a": 1}
