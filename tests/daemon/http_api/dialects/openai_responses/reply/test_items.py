"""The items of the output and their events."""

import json

import pytest

from aircherd.http_api.dialects.openai_responses.reply.items import (
    CallItem,
    Events,
    FreeformCallItem,
    OutputItem,
    PictureItem,
    ReasoningItem,
    SearchCallItem,
    TextItem,
)
from aircherd.http_api.dialects.openai_responses.request.names import Called
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.reply import ImageDelta
from helpers.http_api.responses_api import events_in


def sent(item: OutputItem, *pieces: str) -> list[dict[str, object]]:
    events = Events()
    item.open(events)
    for piece in pieces:
        item.add(piece, events)  # type: ignore[attr-defined]
    item.close(events)
    return events_in(events.take())


def kinds(events: list[dict[str, object]]) -> list[str]:
    return [str(event["type"]).removeprefix("response.") for event in events]


ITEMS = [
    (
        TextItem(3, is_refusal=False),
        ["output_item.added", "content_part.added", "output_text.delta", "output_text.delta"],
        ["output_text.done", "content_part.done", "output_item.done"],
    ),
    (
        TextItem(3, is_refusal=True),
        ["output_item.added", "content_part.added", "refusal.delta", "refusal.delta"],
        ["refusal.done", "content_part.done", "output_item.done"],
    ),
    (
        ReasoningItem(3),
        [
            "output_item.added",
            "reasoning_summary_part.added",
            *["reasoning_summary_text.delta"] * 2,
        ],
        ["reasoning_summary_text.done", "reasoning_summary_part.done", "output_item.done"],
    ),
    (
        CallItem(3, "c1", Called("f", "crm")),
        ["output_item.added", *["function_call_arguments.delta"] * 2],
        ["function_call_arguments.done", "output_item.done"],
    ),
]


@pytest.mark.parametrize(("item", "first", "last"), ITEMS)
def test_an_item_is_sent_from_its_start_to_its_end(
    item: OutputItem, first: list[str], last: list[str]
) -> None:
    """Each event has the item's name and place, and the next number."""
    events = sent(item, "a\n", "b")
    assert kinds(events) == first + last
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert {event["output_index"] for event in events} == {3}
    names = {event.get("item_id") or event["item"]["id"] for event in events}  # type: ignore[index]
    assert names == {item.item_id}
    deltas = [event["delta"] for event in events if "delta" in event]
    assert deltas == ["a\n", "b"]
    assert events[-1]["item"] == json.loads(item.data)
    assert "a\\nb" in item.data.decode()


def test_a_call_has_its_namespace() -> None:
    """As the client knows the tool."""
    item = sent(CallItem(0, "c1", Called("f", "crm")), "{}")[-1]["item"]
    assert isinstance(item, dict)
    assert (item["name"], item["namespace"], item["call_id"]) == ("f", "crm", "c1")


def test_a_call_without_arguments_has_an_empty_object() -> None:
    """Also in its deltas."""
    events = sent(CallItem(0, "c1", Called("f")))
    assert [event["delta"] for event in events if "delta" in event] == ["{}"]


def test_a_freeform_call_is_sent_as_its_text() -> None:
    """The client never sees the function that stood for it."""
    item = FreeformCallItem(0, "c1", Called("apply_patch", form="custom"))
    events = sent(item, '{"input":"a', '\\nb"}')
    assert kinds(events) == [
        "output_item.added",
        "custom_tool_call_input.delta",
        "custom_tool_call_input.delta",
        "custom_tool_call_input.done",
        "output_item.done",
    ]
    assert events[-2]["input"] == "a\nb"
    assert events[-1]["item"] == {
        "type": "custom_tool_call",
        "id": item.item_id,
        "status": "completed",
        "call_id": "c1",
        "name": "apply_patch",
        "input": "a\nb",
    }


def test_a_search_for_tools_comes_whole() -> None:
    """Its arguments are an object, as Codex reads them."""
    item = SearchCallItem(0, "c1", Called("tool_search", form="search"))
    events = sent(item, '{"query":\n', '"mail"}')
    assert kinds(events) == ["output_item.added", "output_item.done"]
    assert events[-1]["item"] == {
        "type": "tool_search_call",
        "id": item.item_id,
        "status": "completed",
        "call_id": "c1",
        "execution": "client",
        "arguments": {"query": "mail"},
    }


def test_something_kept_shows_nothing() -> None:
    """An item of thinking without a summary."""
    events = sent(ReasoningItem(0, "air1.x"))
    assert kinds(events) == ["output_item.added", "output_item.done"]
    item = events[-1]["item"]
    assert isinstance(item, dict)
    assert (item["summary"], item["encrypted_content"]) == ([], "air1.x")


def test_a_source_is_sent_after_its_text() -> None:
    """And stands in the whole text again."""
    events, item = Events(), TextItem(0, is_refusal=False)
    item.open(events)
    item.add("so", events)
    item.cite(Citation(url="https://example.org"), events)
    item.close(events)
    found = events_in(events.take())
    annotation = next(event["annotation"] for event in found if "annotation" in event)
    assert json.loads(item.data)["content"][0]["annotations"] == [annotation]


def test_a_picture_is_sent_whole() -> None:
    """At its end."""
    events = sent(PictureItem(0, ImageDelta("iVBORw0KGgo=", "image/png")))
    assert [event["item"]["result"] for event in events] == [None, "iVBORw0KGgo="]  # type: ignore[index]


def test_half_a_character_is_replaced() -> None:
    """JSON cannot carry it."""
    events = sent(TextItem(0, is_refusal=False), "\ud83d")
    assert [event["delta"] for event in events if "delta" in event] == ["\ufffd"]
