"""Which item each event belongs to, and when items end."""

from collections.abc import Sequence

import pytest

from aircherd.http_api.dialects.openai_responses.reply.items import Events
from aircherd.http_api.dialects.openai_responses.reply.output import Output
from aircherd.http_api.dialects.openai_responses.request.names import Names
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.reply import (
    AboutDelta,
    AudioDelta,
    CitationDelta,
    ImageDelta,
    InItem,
    OtherDelta,
    PartEnd,
    ReasoningDelta,
    ReplyEvent,
    TextDelta,
    ToolCallDelta,
    Usage,
    UsageDelta,
)
from helpers.http_api.responses_api import events_in

SIGNED = "+"
"""Stands for an item that keeps something for a model."""


def outline(events: Sequence[ReplyEvent]) -> list[str]:
    """Return the text of each item that was sent as done, in that order."""
    sent = Events()
    output = Output(Names(), sent)
    output.origin = "p/m"
    for event in events:
        output.add(event)
    output.end()
    done = [
        event["item"] for event in events_in(sent.take()) if event["type"].endswith("item.done")
    ]  # type: ignore[attr-defined]
    return [_text(item) for item in done]  # type: ignore[arg-type]


def _text(item: dict[str, object]) -> str:
    kind = item["type"]
    if kind == "message":
        (part,) = item["content"]  # type: ignore[misc]
        return str(part.get("text") or f"refused: {part.get('refusal', '')}")
    if kind == "reasoning":
        summary = "".join(part["text"] for part in item["summary"])  # type: ignore[attr-defined]
        return f"({summary})" if summary else SIGNED
    return f"{item.get('name', kind)}{item.get('arguments', '')}"


@pytest.mark.parametrize(
    ("events", "items"),
    [
        ([TextDelta("a"), TextDelta("b")], ["ab"]),
        ([TextDelta("a"), PartEnd(), TextDelta("b")], ["a", "b"]),
        ([TextDelta("")], []),
        ([TextDelta("a"), TextDelta("", "sig"), TextDelta("b")], ["a", SIGNED, "b"]),
        ([TextDelta("a"), TextDelta("", "sig")], ["a"]),
        (
            [ToolCallDelta(0, "c", "f", "{}"), TextDelta("a"), TextDelta("", "sig")],
            ["f{}", "a", SIGNED],
        ),
        ([TextDelta("a"), TextDelta("No.", refusal=True)], ["a", "refused: No."]),
        ([ReasoningDelta("h"), ReasoningDelta("m"), TextDelta("a")], ["(hm)", "a"]),
        ([ReasoningDelta("h", "s"), ReasoningDelta("m", "s")], ["(h)", "(m)"]),
        ([ReasoningDelta("", "redacted"), TextDelta("a")], [SIGNED, "a"]),
        ([ToolCallDelta(0, "c1", "f", "{"), ToolCallDelta(0, arguments="}")], ["f{}"]),
        (
            [
                ToolCallDelta(0, "c1", "f", "{"),
                ToolCallDelta(1, "c2", "g", "{"),
                ToolCallDelta(0, arguments="}"),
                ToolCallDelta(1, arguments="}", signature="s"),
            ],
            ["f{}", "g{}", SIGNED],
        ),
        (
            [
                TextDelta("a"),
                ToolCallDelta(0, "c", "f", "{"),
                TextDelta("b"),
                ToolCallDelta(0, arguments="}"),
            ],
            ["a", "f{}", "b"],
        ),
        ([TextDelta("a"), CitationDelta(Citation(url="u", data="{}"))], ["a"]),
        (
            [TextDelta("a"), CitationDelta(Citation(data="{}")), ToolCallDelta(0, "c", "f", "{}")],
            ["a", SIGNED, "f{}"],
        ),
        ([TextDelta("a"), CitationDelta(Citation(url="u"))], ["a"]),
        ([CitationDelta(Citation(url="u")), TextDelta("a")], ["a"]),
        ([ImageDelta("aGk=", "image/png", signature="s")], ["image_generation_call", SIGNED]),
        ([AudioDelta("aGk=", transcript="said")], ["said"]),
        ([TextDelta("a"), OtherDelta("search", "{}"), TextDelta("b")], ["a", SIGNED, "b"]),
        ([TextDelta("a"), AboutDelta("logprobs", "[]"), TextDelta("b")], ["ab"]),
        ([UsageDelta(Usage(1, 1)), TextDelta("a")], ["a"]),
        (
            [InItem(0), TextDelta("a"), InItem(1), TextDelta("b"), InItem(0), TextDelta("A")],
            ["aA", "b"],
        ),
        (
            [
                *(InItem(0), TextDelta("a"), InItem(1), TextDelta("b"), InItem(0)),
                *(TextDelta("", "sig"), ToolCallDelta(0, "c", "f", "{}")),
            ],
            ["a", "b", "f{}"],
        ),
    ],
)
def test_events_make_items(events: list[ReplyEvent], items: list[str]) -> None:
    """In the order in which they began."""
    assert outline(events) == items


def test_a_text_that_ends_the_answer_is_its_last_item() -> None:
    """Programs take the last item for the answer."""
    assert outline([ReasoningDelta("hm", "s"), TextDelta("a"), TextDelta("", "s")])[-1] == "a"


def test_a_source_that_comes_late_is_of_the_text_before() -> None:
    """Also if a call has begun meanwhile."""
    late: list[ReplyEvent] = [
        ToolCallDelta(0, "c", "f", "{}"),
        TextDelta("a"),
        PartEnd(),
        CitationDelta(Citation(url="u")),
    ]
    sent = Events()
    output = Output(Names(), sent)
    for event in late:
        output.add(event)
    output.end()
    assert b'"url_citation"' in output.done()[1]
