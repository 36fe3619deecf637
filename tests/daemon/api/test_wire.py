"""Values as they travel to clients."""

from aircherd.api.wire import to_wire


def test_keys_without_a_value_are_left_out():
    """A key without a value is absent rather than null."""
    assert to_wire({"a": 1, "b": None}) == {"a": 1}
