"""The text buffer keeps the order and saves memory."""

import tracemalloc

import pytest

from aircherd.vocabulary.text import JOIN_AT, TextBuffer


@pytest.mark.parametrize("count", [0, 1, JOIN_AT - 1, JOIN_AT, JOIN_AT + 1, 3 * JOIN_AT + 7])
def test_pieces_come_out_whole_and_in_order(count):
    """For any number of pieces, including block boundaries."""
    text = TextBuffer()
    for number in range(count):
        text.add(f"{number} ")
    assert str(text) == "".join(f"{number} " for number in range(count))


def test_many_tokens_take_little_more_memory_than_their_characters():
    """As separate strings they would take ten times as much."""
    tracemalloc.start()
    try:
        text = TextBuffer()
        for number in range(100_000):
            text.add(f"{number:06}")
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 2 * 600_000
