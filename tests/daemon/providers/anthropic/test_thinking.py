"""Thinking as the Anthropic API is asked for it, and as it goes back."""

import pytest

from aircherd.errors import ProviderFailed
from aircherd.providers.anthropic.thinking import (
    AnthropicMessage,
    Block,
    ThinkingOptions,
    check_last_message,
    reasoning_block,
    redacted_reasoning,
    thinking_options,
)
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.parts import ReasoningPart
from helpers.providers.provider_calls import a_request, failure_of

ADAPTIVE = {"type": "adaptive", "display": "summarized"}
TOOLS = [{"name": "f"}]


def asked(model: str, max_tokens: int = 64_000, **fields: object) -> ThinkingOptions:
    return thinking_options(a_request(**fields), Model(id=model), max_tokens, [])


def budget(tokens: int) -> dict[str, object]:
    return {"type": "enabled", "budget_tokens": tokens}


@pytest.mark.parametrize(
    ("model", "effort", "thinking", "sent"),
    [
        ("claude-sonnet-4-5-20250929", "high", budget(16_384), None),
        ("claude-sonnet-4-20250514", "low", budget(2048), None),
        ("claude-3-7-sonnet-latest", "minimal", budget(1024), None),
        ("claude-haiku-4-5", "max", budget(32_000), None),
        ("claude-haiku-4-5", "none", {"type": "disabled"}, None),
        ("kimi-k3", "medium", budget(8192), None),
        ("claude-opus-4-6", "high", ADAPTIVE, "high"),
        ("claude-opus-4-6", "xhigh", ADAPTIVE, "high"),
        ("claude-opus-4-6", "max", ADAPTIVE, "max"),
        ("anthropic/claude-opus-4.8", "xhigh", ADAPTIVE, "xhigh"),
        ("claude-sonnet-5", "minimal", ADAPTIVE, "low"),
        ("claude-opus-5", "none", {"type": "disabled"}, None),
        ("claude-haiku-5-5", "none", {"type": "disabled"}, None),
        ("claude-sonnet-5-5", "none", {"type": "between_tools"}, None),
        ("claude-opus-5-5", "none", ADAPTIVE, "low"),
        ("claude-fable-5-2", "none", ADAPTIVE, "low"),
        ("claude-mythos-preview", "medium", ADAPTIVE, "medium"),
        ("claude-sonnet-latest", "none", {"type": "between_tools"}, None),
        ("claude-opus-20270101", "medium", ADAPTIVE, "medium"),
    ],
)
def test_efforts(model: str, effort: str, thinking: object, sent: str | None) -> None:
    """Each generation is asked in its own form, and gets the nearest effort it has."""
    found = asked(model, reasoning=effort)
    assert (thinking, sent) == (found.thinking, found.effort)


@pytest.mark.parametrize("model", ["claude-haiku-4-5", "claude-opus-5-5", "kimi-k3"])
def test_without_a_wish_nothing_is_said(model: str) -> None:
    """Whether a model thinks by itself is then its own business."""
    assert ThinkingOptions() == asked(model)


@pytest.mark.parametrize(
    ("max_tokens", "tokens"), [(1025, 1024), (1500, 1024), (4000, 2000), (100_000, 16_384)]
)
def test_budget_leaves_room_for_the_answer(max_tokens: int, tokens: int) -> None:
    """A budget is always less than `max_tokens`, and at most half of it where that can be."""
    assert budget(tokens) == asked("claude-haiku-4-5", max_tokens, reasoning="high").thinking


@pytest.mark.parametrize(
    ("model", "fields", "words"),
    [
        ("claude-opus-5", {"tools": TOOLS, "tool_choice": "required"}, "tool_choice: "),
        ("claude-haiku-4-5", {"tools": TOOLS, "tool_choice": {"name": "f"}}, "tool_choice: "),
        ("claude-haiku-4-5", {"temperature": 0.5}, "temperature: "),
        ("claude-haiku-4-5", {"top_p": 0.9}, "top_p: "),
    ],
)
def test_what_a_thinker_cannot(model: str, fields: dict[str, object], words: str) -> None:
    """Forced tools and sampling are refused with thinking, naming the field; taken without."""
    failure = failure_of(lambda: asked(model, reasoning="high", **fields))
    assert FailureClass.UNSUPPORTED is failure.kind
    assert failure.message.startswith(words)
    assert not asked("claude-haiku-4-5", reasoning="none", **fields).is_on
    assert not asked(model, **fields).is_on


@pytest.mark.parametrize(
    "fields",
    [
        {"temperature": 1.0},
        {"top_p": 0.95},
        {"tools": TOOLS, "tool_choice": "auto"},
        {"tools": TOOLS, "tool_choice": "none"},
        {"tool_choice": "required"},
    ],
)
def test_what_a_thinker_can(fields: dict[str, object]) -> None:
    """The API's own defaults, and a choice that forces nothing, go with thinking."""
    assert asked("claude-haiku-4-5", reasoning="high", **fields).is_on


def test_too_little_room_to_think() -> None:
    """The least budget must fit under `max_tokens`; where none is set there is no such limit."""
    failure = failure_of(lambda: asked("claude-haiku-4-5", 1024, reasoning="low"))
    assert FailureClass.UNSUPPORTED is failure.kind
    assert "max_tokens" in failure.message
    assert asked("claude-opus-5", 1024, reasoning="low").is_on


def user(*kinds: str) -> AnthropicMessage:
    return {"role": "user", "content": [{"type": kind} for kind in kinds]}


def assistant(*kinds: str) -> AnthropicMessage:
    content: list[Block] = [{"type": kind} for kind in kinds]
    return {"role": "assistant", "content": content}


CALLED, RESULT = assistant("tool_use"), user("tool_result", "text")
THOUGHT, REDACTED = assistant("thinking", "tool_use"), assistant("redacted_thinking", "tool_use")


@pytest.mark.parametrize(
    ("messages", "thinks"),
    [
        ([user("text")], True),
        ([user("text"), assistant("text"), user("text")], True),
        ([user("text"), CALLED, RESULT], False),
        ([user("text"), CALLED, RESULT, THOUGHT, RESULT], False),
        ([user("text"), THOUGHT, RESULT, CALLED, RESULT], True),
        ([user("text"), REDACTED, RESULT], True),
        ([user("text"), CALLED, RESULT, assistant("text"), user("text")], True),
    ],
)
def test_rounds_of_tools_end_as_they_began(messages: list[AnthropicMessage], thinks: bool) -> None:
    """With a budget, thinking waits for the next question if a round began without it."""
    request = a_request(reasoning="low")
    assert thinks == thinking_options(request, Model(id="claude-haiku-4-5"), 8000, messages).is_on
    assert thinking_options(request, Model(id="claude-opus-5"), 8000, messages).is_on


@pytest.mark.parametrize("field", ["temperature", "top_p"])
def test_models_without_sampling(field: str) -> None:
    """What the catalogue says a model does not take is refused, naming field and model."""
    model = Model(id="claude-x", sampling=False)
    failure = failure_of(lambda: thinking_options(a_request(**{field: 1.0}), model, 100, []))
    assert FailureClass.UNSUPPORTED is failure.kind
    assert failure.message.startswith(f"{field}: claude-x ")
    thinking_options(a_request(**{field: 1.0}), Model(id="claude-x"), 100, [])


@pytest.mark.parametrize(
    ("part", "block"),
    [
        (ReasoningPart("Hm", "EqQ="), {"type": "thinking", "thinking": "Hm", "signature": "EqQ="}),
        (ReasoningPart("", "EqQ="), {"type": "thinking", "thinking": "", "signature": "EqQ="}),
        (
            ReasoningPart(signature=redacted_reasoning("Emw=").signature),
            {"type": "redacted_thinking", "data": "Emw="},
        ),
        (ReasoningPart("cut o"), None),
    ],
)
def test_thoughts_go_back(part: ReasoningPart, block: object) -> None:
    """A signed thought goes back as it came; one that was cut off stays out."""
    assert block == reasoning_block(part)


@pytest.mark.parametrize("model", ["claude-opus-4-6", "claude-sonnet-5", "anthropic/claude-opus-5"])
def test_newer_models_do_not_go_on_with_an_answer(model: str) -> None:
    """Who ends with the assistant's words is told what to do; another vendor may take it."""
    with pytest.raises(ProviderFailed) as caught:
        check_last_message([user("text"), assistant("text")], Model(id=model))
    assert caught.value.failure.kind is FailureClass.UNSUPPORTED
    assert caught.value.failure.message.startswith(f"messages: {model} cannot continue an answer")


def test_older_models_go_on_with_an_answer() -> None:
    """It is how they are made to begin as one likes."""
    check_last_message([user("text"), assistant("text")], Model(id="claude-haiku-4-5"))
    check_last_message([assistant("text"), user("text")], Model(id="claude-opus-4-6"))
