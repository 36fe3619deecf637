"""How hard a Claude model is asked to think, and how its thinking travels back to it.

Generations differ (Anthropic's documentation on thinking and effort, and the types of its SDK 2.12,
November 2026):

- Up to 4.5, a request sets a token budget (`enabled`). From 4.6 on it sets an effort and the model
  decides how much it needs (`adaptive`). From 4.7 on a budget is refused.
- Thinking is turned off with `disabled`, in Sonnet from 5.5 on with `between_tools`. In Fable,
  Mythos, and Opus from 5.5 on it cannot be turned off: they get the lowest effort instead.
- From 4.7 on, thinking comes back without its text unless the request asks for it (`display`).
- While a model thinks, the API cannot force a tool, and restricts sampling.
- With a budget, a round of tool calls that began without thinking (at another provider, or before
  thinking was requested) must end without it: the model thinks again from the next question on.

Servers of other models that speak this API know the oldest format.
"""

import re
from typing import TypedDict

import msgspec

from aircherd.errors import fail
from aircherd.vocabulary.chat import ChatRequest, Effort
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.parts import ReasoningPart
from aircherd.vocabulary.reply import ReasoningDelta

Version = tuple[int, int]
Block = dict[str, object]


class RequestMessage(TypedDict):
    """One message of a request's `messages`."""

    role: str
    content: list[Block]


_EFFORTS: dict[Effort, str] = {
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "xhigh",
    "max": "max",
}

MIN_BUDGET = 1024
"""The smallest token budget that the API takes; a budget must also be less than `max_tokens`."""

_BUDGETS: dict[Effort, int] = {
    "minimal": MIN_BUDGET,
    "low": 2048,
    "medium": 8192,
    "high": 16_384,
    "xhigh": 24_576,
    "max": 32_768,  # the vendor says that more brings little
}

MIN_THINKING_TOP_P = 0.95
"""The lowest `top_p` that the API takes while a model thinks."""


class ThinkingProfile(msgspec.Struct, frozen=True):
    """How a generation of models is asked to think.

    `is_adaptive` is False where it takes a budget. `off_type` turns thinking off, None where
    nothing does. `overrides` replaces efforts that it does not have. `takes_sampling` says whether
    it takes `temperature` and `top_p`.
    """

    is_adaptive: bool = True
    off_type: str | None = "disabled"
    overrides: dict[Effort, str] = {}
    takes_sampling: bool = False


_OLD = ThinkingProfile(is_adaptive=False, takes_sampling=True)
_ALWAYS = ThinkingProfile(off_type=None, overrides={"none": "low"})

# The first matching row decides: the model line (None: any), and its first version.
_PROFILES: tuple[tuple[str | None, Version, ThinkingProfile], ...] = (
    ("fable", (0, 0), _ALWAYS),
    ("mythos", (0, 0), _ALWAYS),
    ("opus", (5, 5), _ALWAYS),
    ("sonnet", (5, 5), ThinkingProfile(off_type="between_tools")),
    (None, (4, 7), ThinkingProfile()),
    # Has no xhigh; high is the cheaper of its neighbours.
    (None, (4, 6), ThinkingProfile(overrides={"xhigh": "high"}, takes_sampling=True)),
    (None, (0, 0), _OLD),
)

# claude-opus-4-8, claude-sonnet-4-20250514, claude-3-7-sonnet-latest, anthropic/claude-opus-4.8
_NAME = re.compile(
    r"claude(?:-(?P<line>[a-z]+))?(?:-(?P<major>\d{1,2})(?:[.-](?P<minor>\d{1,2}))?(?!\d))?"
)
_NEWEST: Version = (99, 0)


def thinking_profile(name: str) -> ThinkingProfile:
    """Return how the named model is asked to think.

    A Claude without a version counts as the newest.
    """
    found = _NAME.search(name)
    if found is None:
        return _OLD
    major, minor = found["major"], found["minor"]
    version = (int(major), int(minor or 0)) if major else _NEWEST
    return next(
        profile
        for line, since, profile in _PROFILES
        if line in (None, found["line"]) and version >= since
    )


def check_last_message(messages: list[RequestMessage], model: Model) -> None:
    """Check that the last message is the user's: since 4.6 a model does not continue an answer.

    It does continue one that paused, which has blocks of the server's tools. Source: Anthropic's
    migration guide, "prefill removal", 2026.

    Raises:
        ProviderFailed: UNSUPPORTED: the last message is the assistant's, and the model refuses
            that.
    """
    last = messages[-1]
    is_begun = last["role"] == "assistant" and not any(map(_is_the_servers, last["content"]))
    if is_begun and thinking_profile(model.id).is_adaptive:
        fail(
            FailureClass.UNSUPPORTED,
            f"messages: {model.id} cannot continue an answer of the assistant: end with a message "
            "of the user",
        )


def _is_the_servers(block: Block) -> bool:
    return block["type"] not in ("text", "thinking", "redacted_thinking", "tool_use")


# ------------------------------------------------------------------ requests


class ThinkingOptions(msgspec.Struct, frozen=True):
    """What a request says about thinking: the `thinking` field, the effort in `output_config`."""

    thinking: Block | None = None
    effort: str | None = None
    is_on: bool = False


def thinking_options(
    request: ChatRequest, model: Model, max_tokens: int, messages: list[RequestMessage]
) -> ThinkingOptions:
    """Return `request.reasoning` as `model` takes it after these `messages`.

    Raises:
        ProviderFailed: UNSUPPORTED: while it thinks, the model cannot keep to this `max_tokens`,
            force a tool, or sample as the request says.
    """
    options = _choose_options(request.reasoning, thinking_profile(model.id), max_tokens, messages)
    if options.is_on and request.tools and request.tool_choice not in (None, "auto", "none"):
        fail(
            FailureClass.UNSUPPORTED,
            "tool_choice: Anthropic cannot force a tool while the model thinks: "
            'use "auto", or leave out reasoning',
        )
    _check_sampling(request, model, options)
    return options


def _choose_options(
    effort: Effort | None,
    profile: ThinkingProfile,
    max_tokens: int,
    messages: list[RequestMessage],
) -> ThinkingOptions:
    if effort is None:
        return ThinkingOptions()
    if effort == "none" and profile.off_type is not None:
        return ThinkingOptions(thinking={"type": profile.off_type})
    if profile.is_adaptive:
        adaptive: Block = {"type": "adaptive", "display": "summarized"}
        return ThinkingOptions(
            adaptive, profile.overrides.get(effort) or _EFFORTS[effort], is_on=True
        )
    if _began_without_thinking(messages):
        return ThinkingOptions()
    budget = _budget(effort, max_tokens)
    return ThinkingOptions({"type": "enabled", "budget_tokens": budget}, is_on=True)


def _began_without_thinking(messages: list[RequestMessage]) -> bool:
    """Return whether a round of tool calls is under way whose first message has no thinking."""
    first: list[Block] = []
    for message in reversed(messages):
        if message["role"] == "assistant":
            first = message["content"]
        elif all(block["type"] != "tool_result" for block in message["content"]):
            break  # the user's question
    return bool(first) and first[0]["type"] not in ("thinking", "redacted_thinking")


def _budget(effort: Effort, max_tokens: int) -> int:
    if max_tokens <= MIN_BUDGET:
        fail(
            FailureClass.UNSUPPORTED,
            f"max_tokens: to think, this model needs more than {MIN_BUDGET}: raise it, "
            "or leave out reasoning",
        )
    # The budget is part of max_tokens: leave half for the answer, as far as the minimum budget
    # allows.
    return min(_BUDGETS[effort], max(max_tokens // 2, MIN_BUDGET))


def _check_sampling(request: ChatRequest, model: Model, options: ThinkingOptions) -> None:
    values = {"temperature": request.temperature, "top_p": request.top_p}
    for field, value in values.items():
        if value is not None and model.sampling is False:
            fail(FailureClass.UNSUPPORTED, f"{field}: {model.id} does not take it: leave it out")
    if not options.is_on:
        return
    if request.temperature not in (None, 1):
        _refuse_while_thinking("temperature", "only 1")
    if request.top_p is not None and request.top_p < MIN_THINKING_TOP_P:
        _refuse_while_thinking("top_p", f"nothing below {MIN_THINKING_TOP_P}")


def _refuse_while_thinking(field: str, allowed: str) -> None:
    fail(
        FailureClass.UNSUPPORTED,
        f"{field}: Anthropic takes {allowed} while the model thinks: leave it out, or reasoning",
    )


# ------------------------------------------------------------------ conversations

_REDACTED = "redacted:"
"""Marks the signature of redacted thinking; the vendor's own are base64, without a colon."""


def redacted_reasoning(data: str) -> ReasoningDelta:
    """Return the event for thinking that came encrypted."""
    return ReasoningDelta(signature=_REDACTED + data)


def reasoning_block(part: ReasoningPart) -> Block | None:
    """Return the block that the thinking came as, None if it has no signature.

    Thinking is unsigned where it was cut off. The API refuses it, so it is left out.
    """
    signature = part.signature
    if not signature:
        return None
    if signature.startswith(_REDACTED):
        return {"type": "redacted_thinking", "data": signature.removeprefix(_REDACTED)}
    return {"type": "thinking", "thinking": part.text, "signature": signature}
