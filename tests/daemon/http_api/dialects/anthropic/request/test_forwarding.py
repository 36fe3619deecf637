"""The body as a provider of this API gets it."""

import json

import pytest

from aircherd.http_api.dialects.common.carriers import REASONING, carry
from helpers.http_api.anthropic_sdk import HI, read

OURS = carry("openai/gpt-5.5", REASONING, "vendor") or ""
FOREIGN = {"type": "thinking", "thinking": "Hmm.", "signature": OURS}
HIDDEN = {"type": "redacted_thinking", "data": OURS}
OWN = {"type": "thinking", "thinking": "Hmm.", "signature": "EpkB"}
TEXT = {"type": "text", "text": "Yes."}
ABOUT = {"type": "text", "text": "air1. is a prefix"}
USE = {"type": "tool_use", "id": "a", "name": "read", "input": {"x": 1.50}}
RESULT = {"type": "tool_result", "tool_use_id": "a", "content": "text"}
RESULTS = {"role": "user", "content": [RESULT]}
BUDGET = {"type": "enabled", "budget_tokens": 1024}


def model(*content: object) -> dict[str, object]:
    """Return an answer."""
    return {"role": "assistant", "content": content}


def sent(messages: object, **fields: object) -> dict[str, object]:
    """Return the body that goes on."""
    body: dict[str, object] = json.loads(read(messages, **fields).verbatim.body)
    return body


def answers(content: object) -> object:
    """Return what goes on of an answer with this content."""
    messages = [*HI, {"role": "assistant", "content": content}, *HI]
    return [each["content"] for each in sent(messages)["messages"][1:-1]]  # type: ignore[index]


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        ([OWN, TEXT], [[OWN, TEXT]]),
        ([FOREIGN, HIDDEN, TEXT, USE], [[TEXT, USE]]),
        ([OWN, FOREIGN], [[OWN]]),
        ([FOREIGN], []),
        ("about air1.", ["about air1."]),
        (
            [{"type": "text", "text": "air1. is a prefix"}],
            [[{"type": "text", "text": "air1. is a prefix"}]],
        ),
    ],
)
def test_trap_14_what_other_models_made_for_themselves_is_taken_out(
    content: object, kept: object
) -> None:
    """This API refuses signatures that are not its own; a message of nothing else is left out."""
    assert answers(content) == kept


def test_citations_of_other_models_are_taken_out() -> None:
    """The API's own stay, and so does the text."""
    cited = {"type": "web_search_result_location", "url": "https://a.test", "cited_text": ""}
    own = {**cited, "encrypted_index": "Eo8B"}
    foreign = {**cited, "encrypted_index": "air1.citation"}

    assert answers([{**TEXT, "citations": [own, foreign]}]) == [[{**TEXT, "citations": [own]}]]
    assert answers([{**TEXT, "citations": [foreign]}]) == [[TEXT]]


def test_everything_else_stays() -> None:
    """Numbers, the order of fields, and what is not known here."""
    body = read(
        [
            *HI,
            model(FOREIGN, USE),
            RESULTS,
        ],
        brand_new={"b": 1.50, "a": [1e3]},
    ).verbatim.body

    assert b'"brand_new":{"b":1.5,"a":[1000.0]}' in body
    assert b'"input":{"x":1.5}' in body
    assert body.index(b'"model"') < body.index(b'"max_tokens"') < body.index(b'"messages"')


@pytest.mark.parametrize(
    ("messages", "thinks"),
    [
        (HI, True),
        (
            [
                *HI,
                model(OWN, USE),
                RESULTS,
            ],
            True,
        ),
        (
            [*HI, model(USE), RESULTS],
            False,
        ),
        (
            [
                *HI,
                model(FOREIGN, USE),
                RESULTS,
                model(OWN, USE),
                RESULTS,
            ],
            False,
        ),
        (
            [
                *HI,
                model(USE),
                RESULTS,
                model(TEXT),
                *HI,
            ],
            True,
        ),
        ([*HI, {"role": "assistant", "content": "Yes, "}], False),
    ],
)
def test_a_round_that_another_model_began_ends_without_a_budget(
    messages: object, thinks: bool
) -> None:
    """The API refuses to begin to think in the middle of it; with the next question it does."""
    edits = {"edits": [{"type": "clear_thinking_20251015"}]}

    body = sent(messages, thinking=BUDGET, context_management=edits)

    assert ("thinking" in body) == thinks
    assert ("context_management" in body) == thinks


def test_adaptive_thinking_stays() -> None:
    """It may begin anywhere."""
    messages = [
        *HI,
        model(USE),
        RESULTS,
    ]

    assert sent(messages, thinking={"type": "adaptive"})["thinking"] == {"type": "adaptive"}


def test_the_vendor_is_asked_for_no_other_models() -> None:
    """A client may be bound to one, and the daemon has fallbacks of its own."""
    assert "fallbacks" not in sent(HI, fallbacks=[{"model": "claude-opus-5-5"}])
    assert sent(HI, fallbacks=[])["fallbacks"] == []
