"""What a reply makes us hold is bounded."""

from aircherd.providers.codec.held import Held
from aircherd.vocabulary.failure import FailureClass
from helpers.providers.provider_calls import failure_of


def test_the_limit() -> None:
    """As much as the limit is fine; more is an error of the server, which names the limit."""
    held = Held(10, "more than {limit} bytes")
    held.add(4)
    held.add(6)
    failure = failure_of(lambda: held.add(1))
    assert failure.kind is FailureClass.PROTOCOL
    assert "sent more than 10 bytes" in failure.message


def test_each_piece_counts() -> None:
    """Pieces without content are held too."""
    held = Held(10, "more", each=5)
    held.add(0)
    held.add(0)
    assert failure_of(lambda: held.add(0)).kind is FailureClass.PROTOCOL


def test_what_is_dropped_counts_no_more() -> None:
    """A piece that another one replaced makes room for as much as it took."""
    held = Held(10, "more", each=5)
    for _ in range(9):
        held.add(3)
        assert repr(held) == "<Held 8 of 10>"
        held.drop(3)
    assert held.size == 0
