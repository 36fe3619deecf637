"""Marks for the provider's prompt cache."""

import pytest

from aircher_cli.commands.ask.cache_marks import files_first, mark_for_cache
from aircher_cli.exit_codes import UsageError

Map = dict[str, object]
IMAGE: Map = {"type": "image", "url": "https://x/a.png"}
CALL: Map = {"type": "tool_call", "id": "1", "name": "look", "arguments": "{}"}
RESULT: Map = {"type": "tool_result", "id": "1", "content": "x"}
QUESTION: Map = {"role": "user", "content": "why?"}


def test_files_precede_the_question() -> None:
    """The last one is marked, be it a text or an image."""
    text = {"type": "text", "text": "a:\n\nb"}
    assert files_first(["why?", "a:", "b"], True) == [{**text, "cache": True}, "why?"]
    assert files_first(["why?", "a:", IMAGE], "1h") == [
        {"type": "text", "text": "a:"},
        {**IMAGE, "cache": "1h"},
        "why?",
    ]


@pytest.mark.parametrize(
    ("earlier", "marked"),
    [
        (
            [{"role": "assistant", "content": [IMAGE, CALL]}],
            [{"role": "assistant", "content": [{**IMAGE, "cache": True}, CALL]}],
        ),
        (
            [{"role": "user", "content": [RESULT]}, {"role": "assistant", "content": [CALL]}],
            [
                {"role": "user", "content": [{**RESULT, "cache": True}]},
                {"role": "assistant", "content": [CALL]},
            ],
        ),
        (
            [{"role": "assistant", "content": [CALL]}],
            [{"role": "assistant", "content": [CALL]}],
        ),
    ],
)
def test_the_last_part_of_the_conversation_that_can_be_marked(
    earlier: list[Map], marked: list[Map]
) -> None:
    """Tool calls and reasoning cannot be marked; the question is not."""
    request = mark_for_cache({"messages": [*earlier, QUESTION]}, earlier, True, has_files=False)
    assert request == {"messages": [*marked, QUESTION]}


def test_the_question_is_in_the_conversation() -> None:
    """Without a prompt, what precedes the last message is marked."""
    first = {"role": "user", "content": "a"}
    earlier = [first, {"role": "assistant", "content": [CALL]}, QUESTION]
    request = mark_for_cache({"messages": earlier}, earlier, True, has_files=False)
    marked = {"role": "user", "content": [{"type": "text", "text": "a", "cache": True}]}
    assert request == {"messages": [marked, *earlier[1:]]}
    with pytest.raises(UsageError, match="--cache needs something before the question"):
        mark_for_cache({"messages": [QUESTION]}, [QUESTION], True, has_files=False)


def test_nothing_to_cache() -> None:
    """A mark on a question alone would cost money and save none."""
    with pytest.raises(UsageError, match="--cache needs something before the question"):
        mark_for_cache({"messages": [QUESTION]}, [], True, has_files=False)
