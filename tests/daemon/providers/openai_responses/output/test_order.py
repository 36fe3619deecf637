"""Parts stand in the order of the output."""

import pytest

from aircherd.providers.openai_responses.output.item import Item, Who
from aircherd.providers.openai_responses.output.order import Order
from aircherd.vocabulary.reply import InItem, ReplyEvent, TextDelta
from helpers.providers.responses.items import (
    ANSWER,
    SIGNED,
    THOUGHT,
    Json,
    added,
    content_of,
    done,
    text,
)
from helpers.providers.responses.streams import response, wire


@pytest.mark.parametrize(
    "events",
    [
        # Signed after the answer, as by OpenRouter.
        [added(0, THOUGHT), added(1, ANSWER), text(1, "Hel"), done(0, SIGNED), text(1, "lo")],
        [added(0, THOUGHT), added(1, ANSWER), done(1, ANSWER), done(0, SIGNED)],
        # Announced after the answer, or not at all.
        [added(1, ANSWER), text(1, "Hello"), added(0, THOUGHT), done(0, SIGNED)],
        [added(1, ANSWER), text(1, "Hello"), done(1, ANSWER), done(0, SIGNED)],
    ],
)
@pytest.mark.parametrize("is_repeated", [False, True])
def test_parts_are_in_the_order_of_the_output(events: list[Json], is_repeated: bool) -> None:
    """Thinking stands before the answer that followed it, whenever it ended."""
    repeated = [SIGNED, ANSWER] if is_repeated else []
    last = {"type": "response.completed", "response": response("completed", repeated)}
    content = content_of(wire(*events, last))
    assert [(part["type"], part["text"]) for part in content] == [
        ("reasoning", "Hm"),
        ("text", "Hello"),
    ]
    assert "signature" in content[0]


def test_thinking_that_only_the_last_event_has_stands_before_the_answer() -> None:
    """The whole output shows its place."""
    last = {"type": "response.completed", "response": response("completed", [SIGNED, ANSWER])}
    content = content_of(wire(text(0, "Hello"), last))
    assert [part["type"] for part in content] == ["reasoning", "text"]


def test_an_item_is_named_once_until_another_one_follows() -> None:
    """Its place is said with the first event only."""
    order, out = Order(), list[ReplyEvent]()
    answer, thought = Item("message", 0, Who()), Item("reasoning", 1, Who())
    thought.before = 0
    order.put(answer, TextDelta("a"), out)
    order.put(answer, TextDelta("b"), out)
    order.enter(thought, out)
    order.enter(answer, out)
    order.enter(thought, out)
    assert out == [
        *(InItem(0), TextDelta("a"), TextDelta("b")),
        *(InItem(1, 0), InItem(0), InItem(1)),
    ]
