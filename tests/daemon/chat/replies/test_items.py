"""Parts are in the order of the items that they belong to."""

import pytest

from aircherd.chat.replies.items import MAX_ITEMS
from aircherd.chat.replies.reply import Reply
from aircherd.errors import ProviderFailed
from aircherd.vocabulary.reply import (
    Ending,
    InItem,
    ReasoningDelta,
    TextDelta,
)


def test_items_keep_the_order_in_which_they_began():
    """What belongs to an earlier item joins it, though later ones have begun."""
    reply = Reply()
    reply.add([InItem(0), ReasoningDelta("Hm"), InItem(1), TextDelta("Hel"), InItem(0)])
    reply.add([ReasoningDelta("", "signed"), InItem(1), TextDelta("lo"), Ending("stop")])
    assert reply.text() == "Hello"
    assert reply.message("up/m")["content"] == [
        {"type": "reasoning", "text": "Hm", "signature": "signed", "origin": "up/m"},
        {"type": "text", "text": "Hello"},
    ]


def test_an_item_can_begin_before_others():
    """A place that is not known puts it at the end."""
    reply = Reply()
    reply.add([InItem(5), TextDelta("b"), InItem(2, before=5), ReasoningDelta("a")])
    reply.add([InItem(7, before=9), TextDelta("c")])
    texts = [part["text"] for part in reply.message("up/m")["content"]]
    assert texts == ["a", "b", "c"]


def test_an_item_without_a_part_is_nothing():
    """It is not shown, and nothing has begun."""
    reply = Reply()
    reply.add([InItem(0), Ending("stop")])
    assert (reply.has_begun, reply.is_empty, reply.message("up/m")["content"]) == (False, True, [])


def test_endless_items_are_stopped():
    """Each takes memory, even without a part."""
    reply = Reply()
    with pytest.raises(ProviderFailed, match="items"):
        reply.add([InItem(number) for number in range(MAX_ITEMS + 1)])
