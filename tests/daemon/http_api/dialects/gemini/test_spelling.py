"""Requests in snake case, and fields that are not known."""

from aircherd.http_api.dialects.gemini.shapes import Body
from aircherd.http_api.dialects.gemini.spelling import read_loosely


def test_names_of_users_stay() -> None:
    """Arguments and schemas are the users', and keep their names."""
    body = b"""{"contents": [{"parts": [{"function_call": {"name": "f", "args": {"a_b": {"c": 1}}},
        "thought_signature": "x"}], "role": "model"}], "not_known": {}, "tool_config": {}}"""
    read, unknown = read_loosely(body, Body)
    [content] = read.contents
    [part] = content.parts
    assert bytes(part.function_call.args) == b'{"a_b": {"c": 1}}'
    assert part.thought_signature == "x"
    assert unknown == ["notKnown"]


def test_places_of_what_is_not_known() -> None:
    """A field that is not known is named with its place."""
    body = b'{"contents":[{"parts":[{"text":"a","new_field":1}]}],"generationConfig":{"b":null}}'
    _, unknown = read_loosely(body, Body)
    assert unknown == ["contents[0].parts[0].newField", "generationConfig.b"]
