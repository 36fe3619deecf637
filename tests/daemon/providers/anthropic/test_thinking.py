"""Thinking in requests to the Anthropic API, and thinking that goes back to it."""

import pytest

from aircherd.errors import ProviderFailed
from aircherd.providers.anthropic.thinking import (
    Block,
    RequestMessage,
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


def options_for(model: str, max_tokens: int = 64_000, **fields: object) -> ThinkingOptions:
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
    """Each generation gets its own fields and the nearest effort that it has."""
    found = options_for(model, reasoning=effort)
    assert (thinking, sent) == (found.thinking, found.effort)


@pytest.mark.parametrize("model", ["claude-haiku-4-5", "claude-opus-5-5", "kimi-k3"])
def test_no_effort_sends_nothing(model: str) -> None:
    """Without an effort the model's default applies."""
    assert ThinkingOptions() == options_for(model)


@pytest.mark.parametrize(
    ("max_tokens", "tokens"), [(1025, 1024), (1500, 1024), (4000, 2000), (100_000, 16_384)]
)
def test_budget_leaves_room_for_the_answer(max_tokens: int, tokens: int) -> None:
    """A budget is always less than `max_tokens`, and at most half of it where possible."""
    assert budget(tokens) == options_for("claude-haiku-4-5", max_tokens, reasoning="high").thinking


@pytest.mark.parametrize(
    ("model", "fields", "message"),
    [
        ("claude-opus-5", {"tools": TOOLS, "tool_choice": "required"}, "tool_choice: "),
        ("claude-haiku-4-5", {"tools": TOOLS, "tool_choice": {"name": "f"}}, "tool_choice: "),
        ("claude-haiku-4-5", {"temperature": 0.5}, "temperature: "),
        ("claude-haiku-4-5", {"top_p": 0.9}, "top_p: "),
    ],
)
def test_forced_tools_and_sampling_are_refused_while_thinking(
    model: str, fields: dict[str, object], message: str
) -> None:
    """They are refused with thinking, naming the field, and accepted without."""
    failure = failure_of(lambda: options_for(model, reasoning="high", **fields))
    assert FailureClass.UNSUPPORTED is failure.kind
    assert failure.message.startswith(message)
    assert not options_for("claude-haiku-4-5", reasoning="none", **fields).is_on
    assert not options_for(model, **fields).is_on


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
def test_api_defaults_are_allowed_while_thinking(fields: dict[str, object]) -> None:
    """The API's own sampling defaults, and a choice that forces nothing, go with thinking."""
    assert options_for("claude-haiku-4-5", reasoning="high", **fields).is_on


def test_max_tokens_below_the_smallest_budget_is_refused() -> None:
    """The smallest budget must fit under `max_tokens`; adaptive models have no such limit."""
    failure = failure_of(lambda: options_for("claude-haiku-4-5", 1024, reasoning="low"))
    assert FailureClass.UNSUPPORTED is failure.kind
    assert "max_tokens" in failure.message
    assert options_for("claude-opus-5", 1024, reasoning="low").is_on


def user(*kinds: str) -> RequestMessage:
    return {"role": "user", "content": [{"type": kind} for kind in kinds]}


def assistant(*kinds: str) -> RequestMessage:
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
def test_rounds_of_tools_end_as_they_began(messages: list[RequestMessage], thinks: bool) -> None:
    """With a budget, thinking waits for the next question if a round of calls began without it."""
    request = a_request(reasoning="low")
    assert thinks == thinking_options(request, Model(id="claude-haiku-4-5"), 8000, messages).is_on
    assert thinking_options(request, Model(id="claude-opus-5"), 8000, messages).is_on


@pytest.mark.parametrize("field", ["temperature", "top_p"])
def test_models_without_sampling(field: str) -> None:
    """A field that the model does not take is refused, naming field and model."""
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
def test_signed_thinking_goes_back(part: ReasoningPart, block: object) -> None:
    """Signed thinking goes back unchanged; cut-off thinking is left out."""
    assert block == reasoning_block(part)


@pytest.mark.parametrize("model", ["claude-opus-4-6", "claude-sonnet-5", "anthropic/claude-opus-5"])
def test_newer_models_refuse_to_continue_an_answer(model: str) -> None:
    """The message says what to do, and another vendor may take the request."""
    with pytest.raises(ProviderFailed) as caught:
        check_last_message([user("text"), assistant("text")], Model(id=model))
    assert caught.value.failure.kind is FailureClass.UNSUPPORTED
    assert caught.value.failure.message.startswith(f"messages: {model} cannot continue an answer")


def test_older_models_continue_an_answer() -> None:
    """A last message of the assistant is sent to them."""
    check_last_message([user("text"), assistant("text")], Model(id="claude-haiku-4-5"))
    check_last_message([assistant("text"), user("text")], Model(id="claude-opus-4-6"))
