"""How well items fit what an event says."""

import pytest

from aircherd.providers.openai_responses.output.item import Item, Who
from aircherd.providers.openai_responses.output.matching import is_complete, named_by, rank_of


def an_item(number: int, text: str, who: Who, kind: str = "function_call") -> Item:
    item = Item(kind, number, who)
    item.texts.begin(("arguments", 0)).add(text)
    return item


@pytest.mark.parametrize(
    ("kind", "text", "is_whole"),
    [
        ("function_call", '{"a":{}}', True),
        ("function_call", '{"a":{}', False),
        ("function_call", "", False),
        ("custom_tool_call", "{}", False),
        ("message", "{}", False),
    ],
)
def test_only_the_arguments_of_a_function_show_their_end(
    kind: str, text: str, is_whole: bool
) -> None:
    """Any text may go on."""
    assert is_complete(an_item(0, text, Who(), kind)) is is_whole


def test_an_id_counts_more_than_a_number() -> None:
    """The number decides among several with the id, and where no id is known."""
    first, second = an_item(0, "", Who(0, "a")), an_item(1, "", Who(1, "b"))
    assert named_by([first, second], Who(1, "a")) == [first]
    assert named_by([first, second], Who(1, "c")) == [second]
    assert named_by([first, second], Who(2, "c")) == []


def test_an_item_whose_text_fits_ranks_highest() -> None:
    """One with another text and another number is out of the question."""
    item = an_item(0, "ab", Who(0, "a"))
    fitting, named = rank_of(item, Who(1, "b"), "abc"), rank_of(item, Who(1, "a"), "x")
    assert fitting is not None
    assert named is not None
    assert fitting > named
    assert rank_of(item, Who(1, "b"), "x") is None
