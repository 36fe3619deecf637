"""Tool calls in further forms, of every API (kind A4)."""

import json
from typing import Any

from helpers.field.calls import ONE, TWO, piece, pieces
from helpers.field.case import Case
from helpers.providers.byte_server import Reply, chunk, head, stream, whole

A, B = ("look", '{"at":"a"}'), ("look", '{"at":"b"}')
NO_ARGUMENTS = ("look", "{}")


def chat(
    name: str, *groups: list[dict[str, Any]], calls: list[tuple[str, str]], **more: Any
) -> Case:
    return Case(name=f"call-{name}", reply=pieces(*groups), calls=calls, **more)


def message(
    name: str,
    said: dict[str, Any],
    calls: list[tuple[str, str]],
    finish: str = "tool_calls",
    **more: Any,
) -> Case:
    body = {"choices": [{"index": 0, "message": said, "finish_reason": finish}]}
    return Case(
        name=f"call-whole-{name}",
        reply=whole(body),
        request={"stream": False},
        calls=calls,
        finish="tool_calls",
        **more,
    )


def claude(
    name: str,
    *events: dict[str, Any],
    calls: list[tuple[str, str]],
    stop: str = "tool_use",
    **more: Any,
) -> Case:
    end = ({"type": "message_delta", "delta": {"stop_reason": stop}}, {"type": "message_stop"})
    return Case(
        name=f"call-claude-{name}",
        kind="anthropic",
        reply=stream(*events, *end, done=False),
        calls=calls,
        **more,
    )


def start(index: int, name: str = "look", **more: object) -> dict[str, Any]:
    return {
        "type": "content_block_start",
        "index": index,
        "content_block": {"type": "tool_use", "id": f"t{index}", "name": name, "input": {}, **more},
    }


def json_delta(index: int, text: str) -> dict[str, Any]:
    return {
        "type": "content_block_delta",
        "index": index,
        "delta": {"type": "input_json_delta", "partial_json": text},
    }


def stop(index: int) -> dict[str, Any]:
    return {"type": "content_block_stop", "index": index}


def gemini(
    name: str,
    *parts: dict[str, Any],
    calls: list[tuple[str, str]],
    finish: object = "STOP",
    **more: Any,
) -> Case:
    events = [{"candidates": [{"content": {"parts": [part]}}]} for part in parts]
    return Case(
        name=f"call-gemini-{name}",
        kind="gemini",
        reply=stream(*events, {"candidates": [{"finishReason": finish}]}, done=False),
        calls=calls,
        **more,
    )


def ollama(name: str, *messages: dict[str, Any], calls: list[tuple[str, str]], **more: Any) -> Case:
    said = [
        {"message": {"role": "assistant", "content": "", **each}, "done": False}
        for each in messages
    ]
    said.append(
        {"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"}
    )
    return Case(
        name=f"call-ollama-{name}",
        kind="ollama",
        reply=[
            head(200, "application/x-ndjson")
            + b"".join(json.dumps(each).encode() + b"\n" for each in said)
        ],
        calls=calls,
        **more,
    )


def legacy(*deltas: dict[str, Any], finish: str = "function_call") -> Reply:
    return stream(*(chunk(function_call=each) for each in deltas), chunk(finish))


CASES = [
    # what differs between the pieces
    chat("tail-at-next-index", [piece(*A, index=0, id="a")], [piece("look", '{"at":', index=0, id="b")], [piece(None, '"b"}', index=1)], calls=[A, B]),
    chat("all-null", [piece("look", None, index=0, id="a", type="function")], [piece(None, '{"at":', index=0, id=None, type=None)], [piece(None, '"sea"}', index=0, id=None)], calls=[ONE]),
    chat("empty-names", [piece("look", "", index=0, id="a")], [piece("", '{"at":"sea"}', index=0, id="")], calls=[ONE]),
    chat("empty-names-second", [piece("look", "", index=0, id="a")], [piece("", A[1], index=0)], [piece("", B[1], index=0)], calls=[A, B]),
    chat("three-in-one-text", [piece("look", A[1] + B[1] + '{"at":"c"}', index=0, id="a")], calls=[A, B, ("look", '{"at":"c"}')]),
    chat("lines-in-one-text", [piece("look", A[1] + "\n" + B[1], index=0, id="a")], calls=[A, B]),
    chat("twice-in-one-text", [piece("look", A[1] + A[1], index=0, id="a")], calls=[A]),
    chat("index-from-one", [piece(*ONE, index=1, id="a")], [piece(*TWO, index=2, id="b")], calls=[ONE, TWO]),
    chat("index-minus", [piece(*ONE, index=-1, id="a")], [piece(*TWO, index=-1, id="b")], calls=[ONE, TWO]),
    chat("index-null", [piece("look", '{"at":', index=None, id="a")], [piece(None, '"sea"}', index=None)], calls=[ONE]),
    chat("index-grows", [piece("look", '{"at":', index=0, id="a")], [piece(None, '"sea"', index=1)], [piece(None, "}", index=2)], calls=[ONE]),
    chat("id-number", [piece("look", '{"at":', index=0, id=7)], [piece(None, '"sea"}', index=0, id=7)], calls=[ONE]),
    chat("id-each-piece", [piece("look", "", index=0, id="a1")], [piece(None, '{"at":', index=0, id="a2")], [piece(None, '"sea"}', index=0, id="a3")], calls=[ONE]),
    chat("same-id", [piece(*ONE, index=0, id="a")], [piece(*TWO, index=1, id="a")], calls=[ONE, TWO]),
    chat("same-id-and-index", [piece(*ONE, index=0, id="a")], [piece(*TWO, index=0, id="a")], calls=[ONE, TWO]),
    chat("name-after-id", [piece("", "", index=0, id="a")], [piece("look", '{"at":"sea"}', index=0)], calls=[ONE]),
    chat("names-then-arguments", [piece("look", None, index=0, id="a"), piece("listen", None, index=1, id="b")], [piece(None, ONE[1], index=0)], [piece(None, TWO[1], index=1)], calls=[ONE, TWO]),
    chat("name-last", [piece(None, '{"at":"sea"}', index=0, id="a")], [piece("look", None, index=0)], calls=[ONE]),
    chat("name-in-pieces", [piece("lo", None, index=0, id="a")], [piece("ok", None, index=0)], [piece(None, '{"at":"sea"}', index=0)], calls=[ONE]),
    chat("empty-piece-last", [piece(*ONE, index=0, id="a")], [piece("", "", index=0)], calls=[ONE]),
    chat("empty-piece-next", [piece(*ONE, index=0, id="a")], [piece("", "", index=1, id="")], calls=[ONE]),
    chat("braces-last", [piece(*ONE, index=0, id="a")], [piece(None, "{}", index=0)], calls=[ONE]),
    chat("null-last", [piece(*ONE, index=0, id="a")], [piece(None, None, index=0)], calls=[ONE]),
    chat("whole-at-end", [piece("look", "", index=0, id="a")], [piece(None, '{"at":', index=0)], [piece(None, '"sea"}', index=0)], [piece("look", '{"at":"sea"}', index=0, id="a")], calls=[ONE]),
    chat("whole-at-end-unnamed", [piece("look", '{"at":', index=0, id="a")], [piece(None, '"sea"}', index=0)], [piece(None, '{"at":"sea"}', index=0)], calls=[ONE]),
    chat("whole-at-end-spaced", [piece("look", '{"at":"sea"}', index=0, id="a")], [piece("look", '{"at": "sea"}', index=0, id="a")], calls=[ONE]),
    chat("both-at-end", [piece(*ONE, index=0, id="a")], [piece(*TWO, index=1, id="b")], [piece(*ONE, index=0, id="a"), piece(*TWO, index=1, id="b")], calls=[ONE, TWO]),
    chat("grows-by-fields", [piece("look", '{"at":"a"}', index=0, id="a")], [piece("look", '{"at":"a","by":"b"}', index=0, id="a")], calls=[("look", '{"at":"a","by":"b"}')]),
    chat("grows-inside", [piece("look", '{"at":"s"}', index=0, id="a")], [piece("look", '{"at":"se"}', index=0, id="a")], [piece("look", '{"at":"sea"}', index=0, id="a")], calls=[ONE]),
    chat("cumulative-two", [piece("look", '{"at"', index=0, id="a")], [piece("look", '{"at":"sea"}', index=0, id="a")], [piece("listen", '{"at"', index=1, id="b")], [piece("listen", '{"at":"sky"}', index=1, id="b")], calls=[ONE, TWO]),
    chat("cumulative-unnamed", [piece("look", "{", index=0, id="a")], [piece(None, '{"at', index=0)], [piece(None, '{"at":"sea"}', index=0)], calls=[ONE]),
    chat("braces-twice", [piece("look", "{}", index=0, id="a")], [piece(None, "{}", index=0)], calls=[NO_ARGUMENTS]),
    chat("braces-spaced", [piece("look", "{ }", index=0, id="a")], [piece(None, '{"at":"sea"}', index=0)], calls=[ONE]),
    chat("null-text-first", [piece("look", "null", index=0, id="a")], [piece(None, '{"at":"sea"}', index=0)], calls=[ONE]),
    chat("quotes-first", [piece("look", '""', index=0, id="a")], [piece(None, '{"at":"sea"}', index=0)], calls=[ONE]),
    chat("bytes-of-character", [piece("look", '{"at":"\\u00', index=0, id="a")], [piece(None, 'e9"}', index=0)], calls=[("look", '{"at":"\\u00e9"}')]),
    chat("no-arguments", [piece("look", "", index=0, id="a")], calls=[NO_ARGUMENTS]),
    chat("no-arguments-at-all", [{"index": 0, "id": "a", "function": {"name": "look"}}], calls=[NO_ARGUMENTS]),
    chat("spaces", [piece("look", "  ", index=0, id="a")], calls=[NO_ARGUMENTS]),
    chat("list", [piece("look", "[]", index=0, id="a")], calls=[NO_ARGUMENTS]),
    chat("in-a-text", [piece("look", '"{\\"at\\":\\"sea\\"}"', index=0, id="a")], calls=[ONE]),
    chat("object-again", [piece("look", {"at": "sea"}, index=0, id="a")], [piece("look", {"at": "sea"}, index=0, id="a")], calls=[("look", '{"at": "sea"}')]),
    chat("objects", [piece("look", {"at": "a"}, index=0), piece("look", {"at": "b"}, index=0)], calls=[("look", '{"at": "a"}'), ("look", '{"at": "b"}')]),
    chat("parameters", [{"index": 0, "id": "a", "function": {"name": "look", "parameters": '{"at":"sea"}'}}], calls=[ONE]),
    chat("flat", [{"index": 0, "id": "a", "name": "look", "arguments": '{"at":"sea"}'}], calls=[ONE]),
    chat("type-tool", [piece(*ONE, index=0, id="a", type="tool_use")], calls=[ONE]),
    chat("nested-braces", [piece("look", '{"at":"}{"}', index=0, id="a")], calls=[("look", '{"at":"}{"}')]),
    chat("nested-in-pieces", [piece("look", '{"at":{"x":', index=0, id="a")], [piece(None, '{"y":1}', index=0)], [piece(None, "}}", index=0)], calls=[("look", '{"at":{"x":{"y":1}}}')]),
    chat("escaped-brace", [piece("look", '{"at":"a\\"}', index=0, id="a")], [piece(None, '{b"}', index=0)], calls=[("look", '{"at":"a\\"}{b"}')]),
    chat("empty-list-first", [], [piece(*ONE, index=0, id="a")], calls=[ONE]),
    Case(name="call-not-a-list", reply=stream(chunk(tool_calls=piece(*ONE, index=0, id="a")), chunk("tool_calls")), calls=[ONE]),
    # never invalid arguments
    chat("trailing-comma", [piece("look", '{"at":"sea",}', index=0, id="a")], calls=[], code="provider_error"),
    chat("single-quotes", [piece("look", "{'at':'sea'}", index=0, id="a")], calls=[], code="provider_error"),
    chat("no-end", [piece("look", '{"at":"sea"', index=0, id="a")], calls=[], code="provider_error"),
    chat("number", [piece("look", "7", index=0, id="a")], calls=[], code="provider_error"),
    chat("words", [piece("look", "at the sea", index=0, id="a")], calls=[], code="provider_error"),
    chat("rest-behind", [piece("look", '{"at":"sea"}</tool_call>', index=0, id="a")], calls=[], code="provider_error"),
    Case(name="call-cut-by-length", reply=stream(chunk(tool_calls=[piece("look", '{"at":"se', index=0, id="a")]), chunk("length")), calls=[("look", '{"at":"se')], finish="length"),
    Case(name="call-cut", reply=stream(chunk(tool_calls=[piece(*ONE, index=0, id="a")]), done=False), not_whole=True),
    # beside text and thinking, and at the end
    Case(name="call-text-after", reply=stream(chunk(tool_calls=[piece(*ONE, index=0, id="a")]), chunk(content="done"), chunk("tool_calls")), text="done", calls=[ONE], finish="tool_calls"),
    Case(name="call-text-before", reply=stream(chunk(content="so"), chunk(content=None, tool_calls=[piece(*ONE, index=0, id="a")]), chunk("tool_calls")), text="so", calls=[ONE]),
    Case(name="call-with-finish", reply=stream(chunk("tool_calls", tool_calls=[piece(*ONE, index=0, id="a")])), calls=[ONE], finish="tool_calls"),
    Case(name="call-after-finish", reply=stream(chunk("tool_calls"), chunk(tool_calls=[piece(*ONE, index=0, id="a")])), calls=[ONE], finish="tool_calls"),
    Case(name="call-length-but-whole", reply=stream(chunk(tool_calls=[piece(*ONE, index=0, id="a")]), chunk("length")), calls=[ONE], finish="length"),
    Case(name="call-between-thoughts", reply=stream(chunk(reasoning_content="a"), chunk(tool_calls=[piece("look", '{"at":', index=0, id="a")]), chunk(reasoning_content="", tool_calls=[piece(None, '"sea"}', index=0)]), chunk("tool_calls")), calls=[ONE]),
    Case(name="call-in-message-too", reply=stream(chunk(tool_calls=[piece(*ONE, index=0, id="a")]), {"choices": [{"index": 0, "message": {"tool_calls": [piece(*ONE, id="a")]}, "finish_reason": "tool_calls"}]}), calls=[ONE]),
    Case(name="call-empty-list-finish", reply=stream(chunk(content="hi", tool_calls=[]), chunk("tool_calls")), text="hi"),
    # the first form
    Case(name="call-legacy-object", reply=legacy({"name": "look", "arguments": {"at": "sea"}}), calls=[("look", '{"at": "sea"}')]),
    Case(name="call-legacy-pieces", reply=legacy({"name": "look"}, {"arguments": '{"at":'}, {"arguments": '"sea"}'}), calls=[ONE]),
    Case(name="call-legacy-stop", reply=legacy({"name": "look", "arguments": '{"at":"sea"}'}, finish="stop"), calls=[ONE], finish="tool_calls"),
    Case(name="call-legacy-beside", reply=stream(chunk(function_call={"name": "look", "arguments": ONE[1]}, tool_calls=[piece(*ONE, index=0, id="a")]), chunk("tool_calls")), calls=[ONE]),
    Case(name="call-legacy-null", reply=stream(chunk(content="hi", function_call=None, tool_calls=None), chunk("stop")), text="hi", finish="stop"),
    Case(name="call-legacy-empty", reply=stream(chunk(content="hi", function_call={}), chunk("stop")), text="hi", finish="stop"),
    # whole replies
    message("one", {"content": None, "tool_calls": [piece(*ONE, id="a", type="function")]}, [ONE]),
    message("stop", {"content": "", "tool_calls": [piece(*ONE, id="a")]}, [ONE], "stop"),
    message("no-reason", {"content": "", "tool_calls": [piece(*ONE, id="a")]}, [ONE], ""),
    message("no-ids", {"content": "", "tool_calls": [piece(*ONE), piece(*TWO)]}, [ONE, TWO]),
    message("same-ids", {"content": "", "tool_calls": [piece(*ONE, id="a"), piece(*TWO, id="a")]}, [ONE, TWO]),
    message("same-twice", {"content": "", "tool_calls": [piece(*A, id="a"), piece(*B, id="b")]}, [A, B]),
    message("same-twice-no-ids", {"content": "", "tool_calls": [piece(*A), piece(*B)]}, [A, B]),
    message("same-index", {"content": "", "tool_calls": [piece(*ONE, index=0), piece(*TWO, index=0)]}, [ONE, TWO]),
    message("object", {"content": "", "tool_calls": [piece("look", {"at": "sea"})]}, [("look", '{"at": "sea"}')]),
    message("null-arguments", {"content": "", "tool_calls": [{"id": "a", "function": {"name": "look", "arguments": None}}]}, [NO_ARGUMENTS]),
    message("not-a-list", {"content": "", "tool_calls": piece(*ONE, id="a")}, [ONE]),
    Case(name="call-whole-broken", reply=whole({"choices": [{"message": {"tool_calls": [piece("look", '{"at":', id="a")]}, "finish_reason": "tool_calls"}]}), request={"stream": False}, calls=[], code="provider_error"),
    # Anthropic
    claude("plain", start(0), json_delta(0, '{"at":'), json_delta(0, '"sea"}'), stop(0), calls=[ONE], finish="tool_calls"),
    claude("input-at-start", start(0, input={"at": "sea"}), stop(0), calls=[("look", '{"at": "sea"}')]),
    claude("input-and-deltas", start(0, input={"at": "sea"}), json_delta(0, '{"at":"sea"}'), stop(0), calls=[("look", '{"at":"sea"}')]),
    claude("no-arguments", start(0), stop(0), calls=[NO_ARGUMENTS]),
    claude("empty-delta", start(0), json_delta(0, ""), json_delta(0, '{"at":"sea"}'), stop(0), calls=[ONE]),
    claude("same-index", start(0), json_delta(0, ONE[1]), stop(0), start(0, "listen"), json_delta(0, TWO[1]), stop(0), calls=[ONE, TWO]),
    claude("interleaved", start(0), start(1, "listen"), json_delta(0, '{"at":'), json_delta(1, TWO[1]), json_delta(0, '"sea"}'), stop(0), stop(1), calls=[ONE, TWO]),
    claude("no-stops", start(0), json_delta(0, ONE[1]), start(1, "listen"), json_delta(1, TWO[1]), calls=[ONE, TWO]),
    claude("end-turn", start(0), json_delta(0, ONE[1]), stop(0), calls=[ONE], stop="end_turn", finish="tool_calls"),
    claude("index-of-text", {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}, {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "so"}}, start(1), json_delta(0, ONE[1]), stop(1), calls=[ONE], text="so"),
    claude("cut-json", start(0), json_delta(0, '{"at":"se'), stop(0), calls=[], code="provider_error"),
    claude("cut-by-tokens", start(0), json_delta(0, '{"at":"se'), stop(0), calls=[("look", '{"at":"se')], stop="max_tokens", finish="length"),
    claude("delta-object", start(0), {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": {"at": "sea"}}}, stop(0), calls=[("look", '{"at":"sea"}')]),
    claude("whole-again", start(0), json_delta(0, '{"at":"sea"}'), json_delta(0, '{"at":"sea"}'), stop(0), calls=[ONE]),
    claude("text-index", {**start(0), "index": "0"}, {**json_delta(0, ONE[1]), "index": "0"}, {**stop(0), "index": "0"}, {**start(1, "listen"), "index": "1"}, {**json_delta(1, TWO[1]), "index": "1"}, calls=[ONE, TWO]),
    claude("no-index", {k: v for k, v in start(0).items() if k != "index"}, {k: v for k, v in json_delta(0, ONE[1]).items() if k != "index"}, calls=[ONE]),
    Case(name="call-claude-input-text", kind="anthropic", reply=whole({"type": "message", "content": [{"type": "tool_use", "id": "a", "name": "look", "input": '{"at":"sea"}'}], "stop_reason": "tool_use"}), request={"stream": False}, calls=[ONE]),
    Case(name="call-claude-input-null", kind="anthropic", reply=whole({"type": "message", "content": [{"type": "tool_use", "id": "a", "name": "look", "input": None}], "stop_reason": "tool_use"}), request={"stream": False}, calls=[NO_ARGUMENTS]),
    # Gemini
    gemini("plain", {"functionCall": {"name": "look", "args": {"at": "sea"}}}, {"functionCall": {"name": "listen", "args": {"at": "sky"}}}, calls=[("look", '{"at": "sea"}'), ("listen", '{"at": "sky"}')], ),
    gemini("twice", {"functionCall": {"name": "look", "args": {"at": "a"}}}, {"functionCall": {"name": "look", "args": {"at": "a"}}}, calls=[("look", '{"at": "a"}')] * 2),
    gemini("no-args", {"functionCall": {"name": "look"}}, calls=[NO_ARGUMENTS]),
    gemini("args-text", {"functionCall": {"name": "look", "args": '{"at":"sea"}'}}, calls=[ONE]),
    gemini("args-null", {"functionCall": {"name": "look", "args": None}}, calls=[NO_ARGUMENTS]),
    gemini("snake", {"function_call": {"name": "look", "args": {"at": "sea"}}}, calls=[("look", '{"at": "sea"}')]),
    gemini("call-null-beside", {"text": "hi", "functionCall": None}, calls=[], text="hi"),
    gemini("malformed", calls=[], finish="MALFORMED_FUNCTION_CALL", outcome="provider_error"),
    # Ollama
    ollama("plain", {"tool_calls": [{"function": {"name": "look", "arguments": {"at": "sea"}}}]}, calls=[("look", '{"at": "sea"}')]),
    ollama("text", {"tool_calls": [{"function": {"name": "look", "arguments": '{"at":"sea"}'}}]}, calls=[ONE]),
    ollama("two-same-index", {"tool_calls": [{"function": {"index": 0, "name": "look", "arguments": {"at": "a"}}}]}, {"tool_calls": [{"function": {"index": 0, "name": "look", "arguments": {"at": "b"}}}]}, calls=[("look", '{"at": "a"}'), ("look", '{"at": "b"}')]),
    ollama("null", {"tool_calls": None}, {"content": "hi"}, calls=[], text="hi"),
    ollama("empty", {"tool_calls": ""}, {"content": "hi"}, calls=[], text="hi"),
    ollama("no-arguments", {"tool_calls": [{"function": {"name": "look"}}]}, calls=[NO_ARGUMENTS]),
    ollama("not-a-list", {"tool_calls": {"function": {"name": "look", "arguments": {"at": "sea"}}}}, calls=[ONE]),
]  # fmt: skip
