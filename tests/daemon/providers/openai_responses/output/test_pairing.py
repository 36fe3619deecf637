"""Which streamed items the last event repeats."""

import pytest

from aircherd.providers.openai_responses.output.item import Item, Who
from aircherd.providers.openai_responses.output.pairing import pair


def streamed(number: int, text: str, who: Who) -> Item:
    item = Item("message", number, who)
    item.texts.begin(("text", None)).add(text)
    return item


@pytest.mark.parametrize(
    ("sent", "pairs"),
    [
        ([(Who(0, "a"), "one"), (Who(1, "b"), "two")], [0, 1]),
        ([(Who(0, "b"), "two"), (Who(1, "a"), "one")], [1, 0]),
        ([(Who(0, "x"), "two")], [1]),
        ([(Who(0, "x"), "One"), (Who(1, "y"), "Two"), (Who(2, "z"), "three")], [0, 1, None]),
        ([(Who(0, "x", "call"), "one")], [0]),
        ([], []),
    ],
)
def test_ids_then_texts_then_the_order_decide(
    sent: list[tuple[Who, str]], pairs: list[int | None]
) -> None:
    """A kind never gets more items than the longer list has."""
    items = [streamed(0, "one", Who(0, "a")), streamed(1, "two", Who(1, "b"))]
    found = [item and item.number for item in pair(items, sent)]
    assert found == pairs
