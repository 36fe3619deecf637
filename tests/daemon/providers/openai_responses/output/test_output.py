"""Whichever events a server sends, text, thinking and calls come out exactly once."""

from collections.abc import Iterator
from random import Random

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from aircherd.chat.replies.reply import Reply
from aircherd.providers.openai_responses.output import output
from aircherd.providers.openai_responses.reply import ResponsesStream, read_whole
from aircherd.vocabulary.failure import FailureClass
from helpers.providers.provider_calls import run_decoder
from helpers.providers.responses.decoding import COMPLETED
from helpers.providers.responses.items import (
    ANSWER,
    Json,
    added,
    content_of,
    done,
)
from helpers.providers.responses.loose import Block, Server, Style, blocks, styles
from helpers.providers.responses.streams import response, wire


def texts_of(content: list[Json], kind: str) -> str:
    return "".join(str(part["text"]) for part in content if part["type"] == kind)


def calls_of(content: list[Json]) -> list[tuple[object, ...]]:
    return [
        (part["id"], part["name"], part["arguments"], part.get("custom", False))
        for part in content
        if part["type"] == "tool_call"
    ]


def meaning_of(items: list[Block]) -> tuple[str, str, list[tuple[object, ...]]]:
    calls = [
        (f"call_{at}", "f", item.text, item.kind == "custom_tool_call")
        for at, item in enumerate(items)
        if item.kind.endswith("_call")
    ]
    texts = [
        [item.text for item in items if item.kind == kind] for kind in ("message", "reasoning")
    ]
    return "".join(texts[0]), "".join(texts[1]), sorted(calls)


@settings(deadline=None, max_examples=300)
@given(style=styles, items=blocks())
def test_everything_comes_out_exactly_once(style: Style, items: list[Block]) -> None:
    """However a server names its items, and whichever events it leaves out."""
    # One id for all, and the same text twice, is one item that is sent twice.
    is_one = style.ids == "constant" and style.indices != "right"
    assume(not is_one or len({item.text for item in items}) == len(items))
    # Nothing shows where the input of a custom tool ends.
    is_wrong = style.indices == "zero in pieces" and style.ids != "stable"
    assume(not is_wrong or sum(item.kind == "custom_tool_call" for item in items) < 2)
    content = content_of(Server(style).stream(items))
    thinking = texts_of(content, "reasoning").replace("\n\n", "")
    found = (texts_of(content, "text"), thinking, sorted(calls_of(content)))
    assert found == meaning_of(items)


def is_clear(style: Style) -> bool:
    """Return whether a server says enough of parallel calls to tell their arguments apart."""
    if style.ids == "stable" or (style.indices == "right" and style.ids != "constant"):
        return True
    # Pieces with the number of another call are that call's.
    is_wrong = style.indices.endswith(("in pieces", "per event"))
    return (style.is_done or style.in_output) and not is_wrong


@settings(deadline=None, max_examples=300)
@given(
    style=styles.filter(is_clear),
    items=st.lists(blocks(), min_size=1, max_size=2),
    order=st.randoms(use_true_random=False),
)
def test_parallel_calls_do_not_mix(style: Style, items: list[list[Block]], order: Random) -> None:
    """Calls that are announced together, and whose pieces alternate, stay apart."""
    calls = [item for block in items for item in block if item.kind == "function_call"]
    server = Server(style)
    queues = [list(server.events(at, item)) for at, item in enumerate(calls)]
    events = [queue.pop(0) for queue in queues if style.is_added]
    while queues := [queue for queue in queues if queue]:
        events.append(order.choice(queues).pop(0))
    content = content_of(server.ended(events, calls))
    found = calls_of(content)
    assert sorted(found) == meaning_of(calls)[2]


def test_an_item_may_end_with_another_id_of_its_call() -> None:
    """As a search for the client's tools does."""
    search: Json = {"type": "tool_search_call", "id": "s", "execution": "client", "call_id": "k1"}
    whole = search | {"call_id": "k2", "arguments": {"goal": "g"}}
    last = {"type": "response.completed", "response": response("completed", [whole])}
    content = content_of(wire(added(0, search | {"arguments": {}}), done(0, whole), last))
    assert [msgspec.json.decode(str(part["data"])) for part in content] == [whole]


def test_what_is_kept_without_being_passed_on_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Announced items, and pieces of calls whose name never comes."""
    monkeypatch.setattr(output, "MAX_HELD", 500)
    piece = {"type": "response.function_call_arguments.delta", "delta": "1" * 100}
    for events in ([piece] * 6, [added(at, ANSWER) for at in range(9)]):
        _, failure = run_decoder(ResponsesStream(), [wire(*events, COMPLETED)])
        assert failure is not None
        assert failure.kind is FailureClass.PROTOCOL


KINDS = (
    *("message", "reasoning", "function_call", "custom_tool_call", "image_generation_call"),
    *("web_search_call", "mcp_call", "mcp_approval_request", "shell_call", "compaction"),
    *("of_2030", "", None, 7),
)

values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(("", "x", "secret")),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=4,
)
parts = st.fixed_dictionaries(
    {"type": st.sampled_from(("output_text", "refusal", "output_image", "of_2030"))},
    optional={"text": st.just("words"), "refusal": st.just("no"), "extra": values},
)
sent_items = st.fixed_dictionaries(
    {"type": st.sampled_from(KINDS)},
    optional={
        "id": st.just("id"),
        "content": st.lists(parts, max_size=2) | st.just("words") | st.none(),
        "name": st.just("f"),
        "arguments": st.just("{}"),
        "input": st.just("x"),
        "result": values,
        "extra": values,
    },
)


def is_nothing(item: Json) -> bool:
    """Return whether an item says nothing: a message without content, thinking without text."""
    if item["type"] == "reasoning":
        return True  # hidden, or content of another kind
    has_type = isinstance(item["type"], str) and item["type"]
    is_message = item["type"] == "message" or (not has_type and "content" in item)
    return is_message and "words" not in str(item) and "no" not in str(item)


def leaves(value: object) -> Iterator[str]:
    """Yield the texts inside a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from leaves(inner)


@settings(deadline=None, max_examples=300)
@given(items=st.lists(sent_items, min_size=1, max_size=3), is_streamed=st.booleans())
def test_every_item_is_a_part_or_an_error(items: list[Json], is_streamed: bool) -> None:
    """Whatever a server sends, known or of a later year, each item is kept, and each text in it."""
    if is_streamed:
        data = wire(*(done(at, item) for at, item in enumerate(items)), COMPLETED)
        events, failure = run_decoder(ResponsesStream(), [data])
    else:
        body = msgspec.json.encode(response("completed", items))
        events, failure = read_whole(body), None
    if failure is not None:
        return
    reply = Reply()
    reply.add(events)
    kept = msgspec.json.encode(reply.message("up/m")["content"]).decode()
    for item in items:
        if not is_nothing(item):
            fields = [value for name, value in item.items() if name not in ("id", "type")]
            assert all(text in kept for text in leaves(fields) if text in ("words", "no", "secret"))
    kept_items = [item for item in items if not is_nothing(item)]
    content = reply.message("up/m")["content"]
    assert isinstance(content, list)
    assert len(content) >= min(len(kept_items), 1)
