"""What the blocks of a reply make us hold."""

from aircherd.providers.anthropic.blocks.block import MAX_HELD, new_held
from aircherd.vocabulary.failure import FailureClass
from helpers.providers.provider_calls import failure_of


def test_what_is_held_is_bounded() -> None:
    """More than the maximum is an error of the server."""
    held = new_held()
    held.add(MAX_HELD)
    assert failure_of(lambda: held.add(1)).kind is FailureClass.PROTOCOL
