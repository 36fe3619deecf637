"""How hard a Claude model is asked to think, and how what it thought travels back to it.

Generations differ in how they are asked (Anthropic's documentation on thinking and effort, and the
types of its SDK 2.12, November 2026):

- up to 4.5 a request sets a budget of tokens (`enabled`), from 4.6 on an effort, and the model
  decides how much it needs (`adaptive`); from 4.7 on the budget is refused;
- thinking is turned off with `disabled`, in Sonnet from 5.5 on with `between_tools`, and in Fable,
  Mythos, and Opus from 5.5 on not at all: there the least effort stands in;
- from 4.7 on thoughts come back without their text unless the request asks for it (`display`);
- while a model thinks, no tool can be forced, and sampling is its own business;
- with a budget, a round of tools that began without a thought (at another provider, or before
  thinking was asked for) must end without one: the model thinks again from the next question on.

Servers of other models that speak this API know the oldest form.
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


class Sent(TypedDict):
    """A message as it is sent."""

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
"""Tokens of the smallest budget the API takes; it must also be less than `max_tokens`."""

_BUDGETS: dict[Effort, int] = {
    "minimal": MIN_BUDGET,
    "low": 2048,
    "medium": 8192,
    "high": 16_384,
    "xhigh": 24_576,
    "max": 32_768,  # more brings little, says the vendor
}

TOP_P_OF_THINKERS = 0.95
"""While a model thinks, the API takes no `top_p` below."""


class ThinkingProfile(msgspec.Struct, frozen=True):
    """How a generation of models is asked to think.

    `adapts` is False where it wants a budget. `off` is the type that turns thinking off, None
    where nothing does. `instead` has what stands in for an effort it lacks. `samples` says whether
    it takes `temperature` and `top_p`.
    """

    adapts: bool = True
    off: str | None = "disabled"
    instead: dict[Effort, str] = {}
    samples: bool = False


_OLD = ThinkingProfile(adapts=False, samples=True)
_ALWAYS = ThinkingProfile(off=None, instead={"none": "low"})

# The first row that fits decides: the line (None: any), and the version it begins with.
_THINKERS: tuple[tuple[str | None, Version, ThinkingProfile], ...] = (
    ("fable", (0, 0), _ALWAYS),
    ("mythos", (0, 0), _ALWAYS),
    ("opus", (5, 5), _ALWAYS),
    ("sonnet", (5, 5), ThinkingProfile(off="between_tools")),
    (None, (4, 7), ThinkingProfile()),
    # Has no xhigh; of its two neighbours the one that costs less.
    (None, (4, 6), ThinkingProfile(instead={"xhigh": "high"}, samples=True)),
    (None, (0, 0), _OLD),
)

# claude-opus-4-8, claude-sonnet-4-20250514, claude-3-7-sonnet-latest, anthropic/claude-opus-4.8
_NAME = re.compile(
    r"claude(?:-(?P<line>[a-z]+))?(?:-(?P<major>\d{1,2})(?:[.-](?P<minor>\d{1,2}))?(?!\d))?"
)
_NEWEST: Version = (99, 0)


def thinking_profile(name: str) -> ThinkingProfile:
    """Return how the model of this name is asked; a Claude without a version is of the newest."""
    found = _NAME.search(name)
    if found is None:
        return _OLD
    major, minor = found["major"], found["minor"]
    version = (int(major), int(minor or 0)) if major else _NEWEST
    return next(
        thinker
        for line, since, thinker in _THINKERS
        if line in (None, found["line"]) and version >= since
    )


def refuse_to_go_on(messages: list[Sent], model: Model) -> None:
    """Check that the user speaks last: since 4.6 a model does not go on with words of its own.

    Source: Anthropic's migration guide, "prefill removal", 2026.

    Raises:
        ProviderFailed: UNSUPPORTED: the assistant speaks last, and this model does not take that.
    """
    if messages[-1]["role"] == "assistant" and thinking_profile(model.id).adapts:
        fail(
            FailureClass.UNSUPPORTED,
            f"messages: {model.id} does not go on with an answer that was begun: end with a "
            "message of the user's",
        )


# ------------------------------------------------------------------ out: the wish to think


class Asked(msgspec.Struct, frozen=True):
    """What a request says of thinking: its `thinking`, the effort in its `output_config`."""

    thinking: Block | None = None
    effort: str | None = None
    is_on: bool = False


def ask_to_think(
    request: ChatRequest, model: Model, max_tokens: int, messages: list[Sent]
) -> Asked:
    """Return the form of `request.reasoning` that `model` takes after these `messages`.

    Raises:
        ProviderFailed: UNSUPPORTED: it cannot think under this `max_tokens`, force a tool
            meanwhile, or sample as it is told to.
    """
    asked = _ask(request.reasoning, thinking_profile(model.id), max_tokens, messages)
    if asked.is_on and request.tools and request.tool_choice not in (None, "auto", "none"):
        fail(
            FailureClass.UNSUPPORTED,
            "tool_choice: Anthropic cannot force a tool while the model thinks: "
            'use "auto", or leave out reasoning',
        )
    _check_sampling(request, model, asked)
    return asked


def _ask(
    effort: Effort | None, thinker: ThinkingProfile, max_tokens: int, messages: list[Sent]
) -> Asked:
    if effort is None:
        return Asked()
    if effort == "none" and thinker.off is not None:
        return Asked(thinking={"type": thinker.off})
    if thinker.adapts:
        shown: Block = {"type": "adaptive", "display": "summarized"}
        return Asked(shown, thinker.instead.get(effort) or _EFFORTS[effort], is_on=True)
    if _began_without_thought(messages):
        return Asked()
    budget = _budget(effort, max_tokens)
    return Asked({"type": "enabled", "budget_tokens": budget}, is_on=True)


def _began_without_thought(messages: list[Sent]) -> bool:
    """Whether a round of tools is under way whose first message is not a thought."""
    first: list[Block] = []
    for message in reversed(messages):
        if message["role"] == "assistant":
            first = message["content"]
        elif all(block["type"] != "tool_result" for block in message["content"]):
            break  # the question
    return bool(first) and first[0]["type"] not in ("thinking", "redacted_thinking")


def _budget(effort: Effort, max_tokens: int) -> int:
    if max_tokens <= MIN_BUDGET:
        fail(
            FailureClass.UNSUPPORTED,
            f"max_tokens: to think this model needs more than {MIN_BUDGET}, its answer included",
        )
    # It is taken from max_tokens: half is left for the answer, where the least budget allows it.
    return min(_BUDGETS[effort], max(max_tokens // 2, MIN_BUDGET))


def _check_sampling(request: ChatRequest, model: Model, asked: Asked) -> None:
    given = {"temperature": request.temperature, "top_p": request.top_p}
    for field, value in given.items():
        if value is not None and model.sampling is False:
            fail(FailureClass.UNSUPPORTED, f"{field}: {model.id} does not take it: leave it out")
    if not asked.is_on:
        return
    if request.temperature not in (None, 1):
        _refuse_for_thinkers("temperature", "only 1")
    if request.top_p is not None and request.top_p < TOP_P_OF_THINKERS:
        _refuse_for_thinkers("top_p", f"nothing below {TOP_P_OF_THINKERS}")


def _refuse_for_thinkers(field: str, taken: str) -> None:
    fail(
        FailureClass.UNSUPPORTED,
        f"{field}: Anthropic takes {taken} while the model thinks: leave it out, or reasoning",
    )


# ------------------------------------------------------------------ back and forth: thoughts

_REDACTED = "redacted:"
"""Marks a signature that is all there is of a thought; the vendor's own are base64: no colon."""


def redacted_thought(data: str) -> ReasoningDelta:
    """Return the event of a thought that came encrypted."""
    return ReasoningDelta(signature=_REDACTED + data)


def thought_block(part: ReasoningPart) -> Block | None:
    """Return the block that a thought came as, None for one that was never signed.

    That is one that was cut off. The API refuses it, and it says nothing the model did not also
    forget: it stays out.
    """
    signature = part.signature
    if not signature:
        return None
    if signature.startswith(_REDACTED):
        return {"type": "redacted_thinking", "data": signature.removeprefix(_REDACTED)}
    return {"type": "thinking", "thinking": part.text, "signature": signature}
