"""Many pieces make one text, in order and in little memory."""

import tracemalloc

import pytest

from aircherd.vocabulary.text import ENOUGH, GrowingText


@pytest.mark.parametrize("count", [0, 1, ENOUGH - 1, ENOUGH, ENOUGH + 1, 3 * ENOUGH + 7])
def test_pieces_come_out_whole_and_in_order(count):
    """However many there are."""
    text = GrowingText()
    for number in range(count):
        text.add(f"{number} ")
    assert str(text) == "".join(f"{number} " for number in range(count))


def test_tokens_take_little_more_than_their_letters():
    """As strings of their own they would take ten times as much."""
    tracemalloc.start()
    try:
        text = GrowingText()
        for number in range(100_000):
            text.add(f"{number:06}")
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 2 * 600_000
