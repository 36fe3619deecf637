"""What is rare in a chunk: each thing comes once, and says where it was."""

import msgspec

from aircherd.providers.chat_completions.parts.fields import Fields, fields_of
from aircherd.providers.chat_completions.parts.rare import RareFields
from aircherd.testing.simulator.script import PICTURE, SOUND
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.reply import AboutDelta, AudioDelta, CitationDelta, ImageDelta, OtherDelta

IMAGE = {"image_url": {"url": f"data:image/png;base64,{PICTURE}"}}


def fields(**values: object) -> Fields:
    return fields_of(msgspec.Raw(msgspec.json.encode(values)))


def test_the_kind_says_where_it_was() -> None:
    """A field of the message has its name; others say what they belong to."""
    rare = RareFields()
    rare.take_root(fields(search_info={"q": "x"}, request_id="req_1"))
    rare.take_choice(fields(logprobs={"content": [{"token": "a"}]}))
    rare.take_choice(fields(logprobs={"content": [{"token": "b"}]}))
    rare.take_message(fields(steps=["a"]), is_state=False)
    rare.take_message(fields(steps=["b"], reasoning={"x": 1}), is_state=False)
    assert rare.close() == [
        AboutDelta("reply.search_info", '{"q":"x"}'),
        AboutDelta("choice.logprobs", '{"content":[{"token":"a"},{"token":"b"}]}'),
        OtherDelta("steps", '["a","b"]'),
        OtherDelta("reasoning", '{"x":1}'),
    ]


def test_pictures_come_at_once_and_once() -> None:
    """One that is repeated at the end is left out; one that cannot be read stays as it came."""
    rare = RareFields()
    images = [IMAGE, {"image_url": {"url": "data:image/svg+xml;base64,AAAA"}}]
    assert rare.take_message(fields(images=images), is_state=False) == [
        ImageDelta(PICTURE, "image/png", signature="images")
    ]
    assert rare.take_message(fields(images=[IMAGE]), is_state=True) == []
    [other] = rare.close()
    assert isinstance(other, OtherDelta)
    assert (other.kind, msgspec.json.decode(other.data)) == ("images", images[1:])


def test_sources_come_before_sound() -> None:
    """They belong to the text."""
    rare = RareFields()
    rare.take_message(fields(audio={"id": "a1", "data": SOUND, "extra": ["x"]}), is_state=False)
    annotations = [{"type": "url_citation", "url": "https://h"}, {"type": "file", "file": {"n": 1}}]
    rare.take_message(fields(annotations=annotations), is_state=False)
    rare.take_root(fields(citations=["https://h", "https://i"]))
    assert rare.close() == [
        CitationDelta(Citation("https://h")),
        CitationDelta(Citation("https://i")),
        AudioDelta(SOUND, "audio/wav", signature='{"id":"a1"}'),
        OtherDelta("audio.extra", '["x"]'),
        OtherDelta("annotations", '[{"type":"file","file":{"n":1}}]'),
    ]


def test_calls() -> None:
    """What a call has besides goes with it; what is no call of ours stays as it came."""
    rare = RareFields()
    calls = [
        {"type": "function", "function": {"name": "f"}, "extra_content": {"a": 1}},
        {"type": "builtin", "function": {"name": "f"}},
        {"type": "mcp", "mcp": {"x": 1}},
    ]
    raw = msgspec.Raw(msgspec.json.encode(calls))
    first, second, third = rare.take_calls(raw, is_state=False)
    assert first == {"extra_content": msgspec.Raw(b'{"a":1}')}
    assert second == {"type": msgspec.Raw(b'"builtin"')}
    assert third is None
    assert rare.close() == [OtherDelta("tool_calls.mcp", '{"type":"mcp","mcp":{"x":1}}')]


def test_further_choices() -> None:
    """They stay as they came; empty ones say nothing."""
    rare = RareFields()
    for value in ({"index": 1, "delta": {"content": "b"}}, {"index": 1, "delta": {}}):
        rare.take_further_choice(msgspec.Raw(msgspec.json.encode(value)))
    [other] = rare.close()
    assert other == OtherDelta("reply.choices", '[{"index":1,"delta":{"content":"b"}}]')
