"""Tool calls as servers send them (kind A4)."""

from typing import Any

from helpers.field.case import Case
from helpers.providers.byte_server import chunk, stream, whole

ONE, TWO = ("look", '{"at":"sea"}'), ("listen", '{"at":"sky"}')


def piece(name: object = None, arguments: object = None, **more: object) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {**more, "function": {k: v for k, v in function.items() if v is not None}}


def pieces(*groups: list[dict[str, Any]]) -> list[bytes]:
    return stream(*(chunk(tool_calls=group) for group in groups), chunk("tool_calls"))


CASES = [
    Case(name="calls-plain", reply=pieces([piece(*ONE, index=0, id="a")], [piece(*TWO, index=1, id="b")]), calls=[ONE, TWO]),
    Case(name="calls-one-index", reply=pieces([piece(*ONE, index=0)], [piece(*TWO, index=0)]), calls=[ONE, TWO]),
    Case(name="calls-one-index-at-once", reply=pieces([piece(*ONE, index=0, id=""), piece(*TWO, index=0, id="")]), calls=[ONE, TWO]),
    Case(name="calls-same-name", reply=pieces([piece("look", '{"at":"a"}', index=0)], [piece("look", '{"at":"b"}', index=0)]), calls=[("look", '{"at":"a"}'), ("look", '{"at":"b"}')]),
    Case(name="calls-cumulative", reply=pieces([piece("look", '{"at"', index=0, id="a")], [piece("look", '{"at":"s', index=0, id="a")], [piece("look", '{"at":"sea"}', index=0, id="a")]), calls=[ONE]),
    Case(name="calls-empty-first", reply=pieces([piece("look", "{}", index=0, id="a")], [piece(None, '{"at":', index=0)], [piece(None, '"sea"}', index=0)]), calls=[ONE]),
    Case(name="calls-repeated", reply=stream(chunk(tool_calls=[piece(*ONE, index=0, id="a")]), chunk("tool_calls", tool_calls=[piece(*ONE, index=0, id="a")])), calls=[ONE]),
    Case(name="calls-name-each", reply=pieces([piece("look", "", index=0, id="a")], [piece("look", '{"at":', index=0, id="a")], [piece("look", '"sea"}', index=0, id="a")]), calls=[ONE]),
    Case(name="calls-no-index", reply=pieces([piece("look", '{"at":', id="a")], [piece(None, '"sea"}')], [piece(*TWO, id="b")]), calls=[ONE, TWO]),
    Case(name="calls-text-index", reply=pieces([piece(*ONE, index="0", id="a")], [piece(*TWO, index="1", id="b")]), calls=[ONE, TWO]),
    Case(name="calls-interleaved", reply=pieces([piece("look", '{"at":', index=0, id="a"), piece("listen", '{"at":', index=1, id="b")], [piece(None, '"sky"}', index=1)], [piece(None, '"sea"}', index=0)]), calls=[ONE, TWO]),
    Case(name="calls-object", reply=pieces([piece("look", {"at": "sea"}, index=0, id="a")]), calls=[("look", '{"at": "sea"}')]),
    Case(name="calls-null", reply=pieces([piece("look", "null", index=0, id="a")]), calls=[("look", "{}")]),
    Case(name="calls-legacy", reply=stream(chunk(function_call={"name": "look", "arguments": ""}), chunk(function_call={"arguments": '{"at":"sea"}'}), chunk("function_call")), calls=[ONE]),
    Case(name="calls-legacy-whole", reply=whole({"choices": [{"message": {"content": None, "function_call": {"name": "look", "arguments": '{"at":"sea"}'}}, "finish_reason": "function_call"}]}), request={"stream": False}, calls=[ONE]),
    Case(name="calls-broken", reply=pieces([piece("look", '{"at":', index=0, id="a")]), calls=[], code="provider_error"),
    Case(name="calls-stop", reply=stream(chunk(tool_calls=[piece(*ONE, index=0, id="a")]), chunk("stop")), calls=[ONE], finish="tool_calls"),
]  # fmt: skip
