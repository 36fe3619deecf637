"""What an event says about an item."""

from aircherd.providers.openai_responses.output.item import Item, Who


def test_an_item_learns_what_its_events_say() -> None:
    """Of ids, it remembers a few; the number and the id of its call stay the first ones."""
    item = Item("function_call", 0, Who(None, "a"))
    item.learn(Who(1, "b", "k"))
    item.learn(Who(2, "c", "l"))
    for number in range(9):
        item.learn(Who(None, f"x{number}"))
    assert (item.index, item.call_id, item.ids) == (1, "k", ["a", "b", "c", "x0"])


def test_the_id_of_a_call_counts_more_than_that_of_the_item() -> None:
    """Where an event has both."""
    item = Item("function_call", 0, Who(0, "a", "k"))
    assert item.is_named_by(Who(None, "b", "k"))
    assert not item.is_named_by(Who(None, "a", "l"))
    assert item.has_other_call(Who(None, "a", "l"))
    assert not item.has_other_call(Who(None, "a"))


def test_another_number_contradicts_unless_an_id_is_the_same() -> None:
    """A number that is left out says nothing."""
    item = Item("message", 0, Who(0, "a"))
    assert item.contradicts(Who(1, "b"))
    assert not item.contradicts(Who(1, "a"))
    assert not item.contradicts(Who(None, "b"))
