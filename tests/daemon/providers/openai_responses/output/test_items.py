"""Which item an event belongs to."""

import pytest

from aircherd.providers.openai_responses.output import items as module
from aircherd.providers.openai_responses.output.item import Who
from aircherd.providers.openai_responses.output.items import Items
from aircherd.vocabulary.failure import FailureClass
from helpers.providers.provider_calls import failure_of


def test_a_piece_without_a_name_continues_the_open_item() -> None:
    """Its id may be another one each time."""
    items = Items()
    item = items.add("message", Who(None, "m1"))
    assert items.for_piece("message", Who(None, "m2")) == (item, True)
    assert items.for_whole("message", Who(None, "m3"), "hello") is item


def test_numbers_tell_items_apart_where_ids_change() -> None:
    """As with OpenAI itself, whose ids do not change."""
    items = Items()
    first = items.add("function_call", Who(0, "a1", "k1"))
    second = items.add("function_call", Who(1, "b1", "k2"))
    assert items.for_piece("function_call", Who(0, "a2")) == (first, True)
    assert items.for_piece("function_call", Who(1, "b2")) == (second, True)


def test_a_piece_that_may_belong_to_several_calls_is_not_certain() -> None:
    """Neither is one that comes after the first of them ended."""
    items = Items()
    first = items.add("function_call", Who(0, "", "k1"))
    items.add("function_call", Who(0, "", "k2"))
    assert not items.for_piece("function_call", Who(0))[1]
    items.close(first, Who(0, "", "k1"))
    assert not items.for_piece("function_call", Who(0))[1]


def test_the_id_of_a_call_decides() -> None:
    """Whatever else its events say."""
    items = Items()
    first = items.add("function_call", Who(0, "x", "k1"))
    second = items.add("function_call", Who(0, "x", "k2"))
    assert items.for_whole("function_call", Who(0, "x", "k1"), "{}") is first
    assert items.for_whole("function_call", Who(0, "x", "k2"), "{}") is second
    assert items.for_whole("function_call", Who(0, "x", "k3"), "{}") is None


def test_an_item_that_is_sent_whole_twice_is_one() -> None:
    """If its id, its number and its text are the same."""
    items = Items()
    item = items.begin("message", Who(0, "m"))
    items.close(item, Who(0, "m"))
    assert items.for_whole("message", Who(0, "m"), "") is item
    assert items.for_whole("message", Who(1, "m"), "") is None
    assert items.for_whole("message", Who(0, "m"), "other") is None


def test_what_follows_the_end_of_an_item_belongs_to_the_next() -> None:
    """One id for all, and no start: the text of two messages comes as one."""
    items = Items()
    item, _ = items.for_piece("message", Who(None, "m"))
    item.texts.for_piece(("text", None)).add("one two")
    items.close(item, Who(None, "m"))
    items.keep_rest(item, "one")
    rest = items.for_whole("message", Who(None, "n"), " two")
    assert rest is not None
    assert (str(item.texts), str(rest.texts), rest.number) == ("one", " two", item.number)


def test_an_item_with_a_lower_number_stands_before() -> None:
    """The numbers are the order of the output."""
    items = Items()
    answer = items.add("message", Who(1, "m"))
    assert items.add("reasoning", Who(0, "r")).before == answer.number
    assert items.add("message", Who(2, "n")).before is None


def test_a_number_that_another_item_had_says_nothing_about_the_order() -> None:
    """A server that numbers all pieces 0 sends its items in their order."""
    items = Items()
    items.begin("message", Who(0, "m"))
    items.begin("message", Who(1, "m"))
    assert items.begin("message", Who(0, "m")).before is None


def test_endless_items_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes memory."""
    monkeypatch.setattr(module, "MAX_ITEMS", 3)
    items = Items()
    for number in range(3):
        items.add("message", Who(number))
    assert failure_of(lambda: items.add("message", Who(9))).kind is FailureClass.PROTOCOL


def test_a_second_object_belongs_to_the_call_that_was_announced_last() -> None:
    """Some servers number the pieces of every call 0."""
    items = Items()
    first = items.add("function_call", Who(0, "", "k1"))
    second = items.add("function_call", Who(1, "", "k2"))
    first.texts.begin(("arguments", 0)).add('{"p":1}')
    assert items.for_piece("function_call", Who(0))[0] is second
