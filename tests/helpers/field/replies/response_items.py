"""Responses of servers that resemble OpenAI: without places, ids, or whole items (kind A12)."""

from typing import Any

from helpers.field.case import Case
from helpers.providers.byte_server import stream, whole

LOOK, LISTEN = ("look", '{"at":"sea"}'), ("listen", '{"at":"sky"}')
GOOD: dict[str, Any] = {"text": "good", "finish": "stop"}


def case(
    name: str, *events: dict[str, Any], end: dict[str, Any] | None = None, **more: Any
) -> Case:
    last = {"type": "response.completed", "response": {"status": "completed", **(end or {})}}
    return Case(
        name=f"resp-{name}",
        lines=('api = "responses"',),
        reply=stream(*events, last, done=False),
        **more,
    )


def added(**item: Any) -> dict[str, Any]:
    return {"type": "response.output_item.added", "item": item}


def done(**item: Any) -> dict[str, Any]:
    return {"type": "response.output_item.done", "item": item}


def text(delta: str, **more: Any) -> dict[str, Any]:
    return {"type": "response.output_text.delta", "delta": delta, **more}


def text_done(said: str, **more: Any) -> dict[str, Any]:
    return {"type": "response.output_text.done", "text": said, **more}


def arguments(delta: str, **more: Any) -> dict[str, Any]:
    return {"type": "response.function_call_arguments.delta", "delta": delta, **more}


def arguments_done(said: str, **more: Any) -> dict[str, Any]:
    return {"type": "response.function_call_arguments.done", "arguments": said, **more}


def said(*texts: str) -> dict[str, Any]:
    return {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": each} for each in texts],
    }


def call(function: tuple[str, str], **more: Any) -> dict[str, Any]:
    return {"type": "function_call", "name": function[0], "arguments": function[1], **more}


CASES = [
    case("deltas-only", text("go"), text("od"), **GOOD),
    case("done-only", text_done("good"), **GOOD),
    case("item-only", done(**said("good")), **GOOD),
    case("end-only", end={"output": [said("good")]}, **GOOD),
    case("output-text-only", end={"output_text": "good"}, **GOOD),
    case("output-text-too", text("good"), end={"output": [said("good")], "output_text": "good"}, **GOOD),
    case("all-without-places", added(type="message"), text("go"), text("od"), text_done("good"), done(**said("good")), end={"output": [said("good")]}, **GOOD),
    case("all-with-new-ids", added(type="message", id="a"), text("go", item_id="b"), text("od", item_id="c"), text_done("good", item_id="d"), done(id="e", **said("good")), end={"output": [{**said("good"), "id": "f"}]}, **GOOD),
    case("ids-rotate-places-stay", added(type="message", id="a") | {"output_index": 0}, text("go", item_id="b", output_index=0), text("od", item_id="c", output_index=0), done(id="e", **said("good")) | {"output_index": 0}, end={"output": [{**said("good"), "id": "f"}]}, **GOOD),
    case("places-all-zero", added(type="reasoning", id="r", summary=[]) | {"output_index": 0}, {"type": "response.reasoning_summary_text.delta", "output_index": 0, "item_id": "r", "delta": "hm"}, done(type="reasoning", id="r", summary=[{"type": "summary_text", "text": "hm"}]) | {"output_index": 0}, added(type="message", id="m") | {"output_index": 0}, text("good", item_id="m", output_index=0), done(id="m", **said("good")) | {"output_index": 0}, end={"output": [{"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "hm"}]}, {**said("good"), "id": "m"}]}, **GOOD),
    case("places-text", added(type="message", id="a") | {"output_index": "0"}, text("good", item_id="a", output_index="0"), done(id="a", **said("good")) | {"output_index": "0"}, **GOOD),
    case("places-null", added(type="message", id="a") | {"output_index": None}, text("good", item_id=None, output_index=None), done(id="a", **said("good")) | {"output_index": None}, **GOOD),
    case("place-differs-at-end", text("good", output_index=1, item_id="m"), end={"output": [said("good")]}, **GOOD),
    case("end-has-more", text("go"), end={"output": [said("good")]}, **GOOD),
    case("two-parts", text("go", content_index=0), text("od", content_index=1), end={"output": [said("go", "od")]}, **GOOD),
    case("two-messages", text("go", output_index=0), done(**said("go")) | {"output_index": 0}, text("od", output_index=1), done(**said("od")) | {"output_index": 1}, end={"output": [said("go"), said("od")]}, **GOOD),
    case("two-messages-no-places", added(type="message"), text("go"), done(**said("go")), added(type="message"), text("od"), done(**said("od")), end={"output": [said("go"), said("od")]}, **GOOD),
    case("same-text-twice", done(id="a", **said("go")), done(id="b", **said("go")), end={"output": [{**said("go"), "id": "a"}, {**said("go"), "id": "b"}]}, text="gogo"),
    case("content-text", done(type="message", content="good"), **GOOD),
    case("part-type-text", done(type="message", content=[{"type": "text", "text": "good"}]), **GOOD),
    case("no-item-type", done(role="assistant", content=[{"type": "output_text", "text": "good"}]), **GOOD),
    case("content-null", done(type="message", content=None), text("good"), **GOOD),
    case("delta-empty", text(""), text("good"), text(""), **GOOD),
    case("delta-null", text("good"), {"type": "response.output_text.delta", "delta": None}, **GOOD),
    case("delta-object", {"type": "response.output_text.delta", "delta": {"type": "text", "text": "good"}}, **GOOD),
    case("text-field", {"type": "response.output_text.delta", "text": "good"}, **GOOD),
    case("no-response-in-end", text("good"), end=None, **GOOD),
    case("unknown-events", {"type": "response.heartbeat"}, {"type": "keepalive"}, text("good"), **GOOD),
    case("part-done-only", {"type": "response.content_part.done", "part": {"type": "output_text", "text": "good"}}, **GOOD),
    case("refusal", {"type": "response.refusal.delta", "delta": "no"}, text="no", finish="refusal"),
    # calls
    case("call-plain", added(**call(("look", ""), id="f", call_id="k")) | {"output_index": 0}, arguments('{"at":', item_id="f", output_index=0), arguments('"sea"}', item_id="f", output_index=0), arguments_done(LOOK[1], item_id="f", output_index=0), done(**call(LOOK, id="f", call_id="k")) | {"output_index": 0}, end={"output": [call(LOOK, id="f", call_id="k")]}, calls=[LOOK], finish="tool_calls"),
    case("call-no-places", added(**call(("look", ""), call_id="k")), arguments('{"at":'), arguments('"sea"}'), arguments_done(LOOK[1]), done(**call(LOOK, call_id="k")), end={"output": [call(LOOK, call_id="k")]}, calls=[LOOK]),
    case("call-new-ids", added(**call(("look", ""), id="a", call_id="k")), arguments(LOOK[1], item_id="b"), arguments_done(LOOK[1], item_id="c"), done(**call(LOOK, id="d", call_id="k")), end={"output": [call(LOOK, id="e", call_id="k")]}, calls=[LOOK]),
    case("call-item-only", done(**call(LOOK, call_id="k")), calls=[LOOK]),
    case("call-end-only", end={"output": [call(LOOK, call_id="k")]}, calls=[LOOK]),
    case("call-added-only", added(**call(LOOK, call_id="k")), calls=[LOOK]),
    case("call-no-call-id", done(**call(LOOK, id="f")), end={"output": [call(LOOK, id="f")]}, calls=[LOOK]),
    case("call-no-ids", done(**call(LOOK)), end={"output": [call(LOOK)]}, calls=[LOOK]),
    case("call-object", done(type="function_call", call_id="k", name="look", arguments={"at": "sea"}), calls=[LOOK]),
    case("call-empty", done(**call(("look", ""), call_id="k")), calls=[("look", "{}")]),
    case("call-braces-first", added(**call(("look", "{}"), call_id="k")), arguments(LOOK[1]), done(**call(LOOK, call_id="k")), calls=[LOOK]),
    case("call-two-no-places", added(**call(("look", ""), call_id="k")), arguments(LOOK[1]), done(**call(LOOK, call_id="k")), added(**call(("listen", ""), call_id="l")), arguments(LISTEN[1]), done(**call(LISTEN, call_id="l")), end={"output": [call(LOOK, call_id="k"), call(LISTEN, call_id="l")]}, calls=[LOOK, LISTEN]),
    case("call-two-same-place", added(**call(("look", ""), call_id="k")) | {"output_index": 0}, arguments(LOOK[1], output_index=0), done(**call(LOOK, call_id="k")) | {"output_index": 0}, added(**call(("listen", ""), call_id="l")) | {"output_index": 0}, arguments(LISTEN[1], output_index=0), done(**call(LISTEN, call_id="l")) | {"output_index": 0}, calls=[LOOK, LISTEN]),
    case("call-two-same-name", done(**call(LOOK, call_id="k")), done(**call(LOOK, call_id="l")), end={"output": [call(LOOK, call_id="k"), call(LOOK, call_id="l")]}, calls=[LOOK, LOOK]),
    case("call-two-opened-first", added(**call(("look", ""), call_id="k")), added(**call(("listen", ""), call_id="l")), arguments_done(LOOK[1]), arguments_done(LISTEN[1]), done(**call(LOOK, call_id="k")), done(**call(LISTEN, call_id="l")), calls=[LOOK, LISTEN]),
    case("call-after-text", text("so"), done(**said("so")), done(**call(LOOK, call_id="k")), end={"output": [said("so"), call(LOOK, call_id="k")]}, calls=[LOOK], text="so"),
    case("call-text-same-place", text("so", output_index=0), added(**call(("look", ""), call_id="k")) | {"output_index": 0}, arguments(LOOK[1], output_index=0), done(**call(LOOK, call_id="k")) | {"output_index": 0}, calls=[LOOK], text="so"),
    case("call-broken", done(**call(("look", '{"at":'), call_id="k")), calls=[], code="provider_error"),
    case("call-cut-whole-again", added(**call(("look", ""), call_id="k")), arguments('{"at":"se'), done(**call(LOOK, call_id="k")), calls=[LOOK]),
    case("call-cumulative", added(**call(("look", ""), call_id="k")), arguments('{"at":'), arguments(LOOK[1]), done(**call(LOOK, call_id="k")), calls=[LOOK]),
    case("call-name-in-done", added(type="function_call", id="f", call_id="k"), arguments(LOOK[1], item_id="f"), arguments_done(LOOK[1], item_id="f", name="look"), done(**call(LOOK, id="f", call_id="k")), calls=[LOOK]),
    case("call-type-tool-call", done(type="tool_call", call_id="k", name="look", arguments=LOOK[1]), calls=[LOOK]),
    # whole
    *(
        Case(name=f"resp-whole-{name}", lines=('api = "responses"',), reply=whole(body), request={"stream": False}, **want)
        for name, body, want in (
            ("plain", {"status": "completed", "output": [said("good")]}, GOOD),
            ("no-status", {"output": [said("good")]}, GOOD),
            ("output-text", {"status": "completed", "output_text": "good"}, GOOD),
            ("output-null", {"status": "completed", "output": None, "output_text": "good"}, GOOD),
            ("content-text", {"status": "completed", "output": [{"type": "message", "content": "good"}]}, GOOD),
            ("output-map", {"status": "completed", "output": said("good")}, GOOD),
            ("error-null", {"status": "completed", "error": None, "incomplete_details": None, "output": [said("good")]}, GOOD),
            ("error-empty", {"status": "completed", "error": {}, "output": [said("good")]}, GOOD),
            ("in-response", {"response": {"status": "completed", "output": [said("good")]}}, GOOD),
            ("call", {"status": "completed", "output": [call(LOOK, call_id="k")]}, {"calls": [LOOK], "finish": "tool_calls"}),
            ("calls-no-ids", {"status": "completed", "output": [call(LOOK), call(LISTEN)]}, {"calls": [LOOK, LISTEN]}),
            ("empty", {"status": "completed", "output": []}, {"outcome": "empty_reply"}),
            ("thought", {"status": "completed", "output": [{"type": "reasoning", "summary": []}]}, {"outcome": "empty_reply"}),
        )
    ),
]  # fmt: skip
