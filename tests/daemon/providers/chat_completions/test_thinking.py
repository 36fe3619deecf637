"""Thinking in chat completions, in every field that servers use."""

import msgspec
import pytest

from aircherd.providers.chat_completions.thinking import (
    FieldThinking,
    ThinkingFields,
    with_thinking,
    without_thinking,
)
from aircherd.vocabulary.parts import ReasoningPart


def fields(**values: object) -> ThinkingFields:
    return msgspec.convert(values, ThinkingFields)


def mistral(*texts: str) -> list[object]:
    pieces = [{"type": "text", "text": text} for text in texts]
    return [{"type": "thinking", "thinking": pieces}, {"type": "text", "text": "not this"}]


@pytest.mark.parametrize(
    ("values", "text", "signature"),
    [
        ({"reasoning_content": "hm"}, "hm", None),
        ({"reasoning": "hm"}, "hm", "reasoning"),
        ({"reasoning": "hm", "reasoning_content": "hm"}, "hm", None),
        ({"content": mistral("h", "m")}, "hm", "content"),
        ({"content": "text", "reasoning": None, "reasoning_content": ""}, None, None),
        ({"content": ["x", {"type": "thinking", "thinking": 5}, {"type": 1}]}, None, None),
        ({"reasoning": {"odd": 1}, "reasoning_content": 7}, None, None),
        ({}, None, None),
    ],
)
def test_reading(values: dict[str, object], text: str | None, signature: str | None) -> None:
    """The text is read from every field; the signature names an unusual one."""
    thinking = FieldThinking()
    assert text == thinking.take(fields(**values))
    assert signature == thinking.end()


def test_each_run_has_its_own_field() -> None:
    """The field of one run does not affect the next."""
    thinking = FieldThinking()
    thinking.take(fields(reasoning="a"))
    assert thinking.end() == "reasoning"
    thinking.take(fields(reasoning_content="b"))
    assert thinking.end() is None


@pytest.mark.parametrize(
    ("thoughts", "added"),
    [
        ([ReasoningPart("a"), ReasoningPart("b")], {"reasoning_content": "ab"}),
        ([ReasoningPart("a", "reasoning"), ReasoningPart("b")], {"reasoning": "ab"}),
        ([ReasoningPart("a", '{"type":"reasoning"}')], {"reasoning_content": "a"}),
        ([ReasoningPart("", "reasoning")], {}),
        (
            [ReasoningPart("a", "content")],
            {"content": [mistral("a")[0], {"type": "text", "text": "t"}]},
        ),
    ],
)
def test_going_back(thoughts: list[ReasoningPart], added: dict[str, object]) -> None:
    """Thinking goes back in the field that it came in, by default `reasoning_content`."""
    message: dict[str, object] = {"role": "assistant", "content": "t"}
    assert message | added == with_thinking(message, thoughts)
    assert message == without_thinking(message, thoughts)


def test_thinking_before_a_call_alone() -> None:
    """Without text, the content has only the thinking."""
    message: dict[str, object] = {"role": "assistant", "content": None, "tool_calls": [1]}
    sent = with_thinking(message, [ReasoningPart("a", "content")])
    assert message | {"content": [mistral("a")[0]]} == sent


def test_what_is_read_can_go_back() -> None:
    """Whichever field a server used, it gets the same one back."""
    for values in ({"reasoning_content": "hm"}, {"reasoning": "hm"}):
        thinking = FieldThinking()
        text = thinking.take(fields(**values))
        part = ReasoningPart(text or "", thinking.end())
        assert {"role": "assistant", **values} == with_thinking({"role": "assistant"}, [part])
