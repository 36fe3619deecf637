"""A content that is a list of parts."""

import msgspec
import pytest

from aircherd.providers.chat_completions.parts.content import MAX_PARTS, read_content
from aircherd.providers.chat_completions.parts.further import new_held
from aircherd.providers.chat_completions.parts.sources import Sources
from aircherd.testing.simulator.script import PICTURE
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import (
    CitationDelta,
    ImageDelta,
    OtherDelta,
    PartEnd,
    ReplyEvent,
    TextDelta,
)
from helpers.providers.provider_calls import failure_of

REFERENCE = '{"type":"reference","reference_ids":[1,2]}'
TOOL = '{"type":"tool_reference","tool":"web_search","title":"A","url":"https://host/a"}'


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('[{"type":"text","text":"a"},{"text":"b"},"c",""]', [*map(TextDelta, "abc")]),
        ('{"type":"text","text":"a"}', [TextDelta("a")]),
        ('[{"type":"refusal","refusal":"no"}]', [TextDelta("no", refusal=True)]),
        ('[{"type":"thinking","thinking":"hm"}]', []),
        (f"[{REFERENCE}]", [CitationDelta(Citation(data=REFERENCE)), PartEnd()]),
        (f"[{TOOL}]", [CitationDelta(Citation("https://host/a", "A", data=TOOL)), PartEnd()]),
        (
            f'[{{"type":"image_url","image_url":"data:image/png;base64,{PICTURE}"}}]',
            [ImageDelta(PICTURE, "image/png")],
        ),
        (
            '[{"type":"text","text":"a","cache":{"b": 1.0}}]',
            [TextDelta("a"), OtherDelta("text.cache", '{"b": 1.0}')],
        ),
        (
            '[{"type":"made_up", "x":[1]}]',
            [OtherDelta("content.made_up", '{"type":"made_up", "x":[1]}')],
        ),
        ('[{"x":[1]}]', [OtherDelta("content.part", '{"x":[1]}')]),
        ('[{"type":"text","text":5}]', [OtherDelta("content.text", '{"type":"text","text":5}')]),
        ("[null,{},5]", []),
    ],
)
def test_parts(content: str, expected: list[ReplyEvent]) -> None:
    """Each part is one of ours, in its place, or comes as it is."""
    assert read_content(msgspec.Raw(content.encode()), Sources(new_held())) == expected


def test_annotations_of_a_text() -> None:
    """They are sources of the answer."""
    sources = Sources(new_held())
    text = b'[{"type":"text","text":"a","annotations":[{"type":"url_citation","url":"https://h"}]}]'
    assert read_content(msgspec.Raw(text), sources) == [TextDelta("a")]
    assert sources.close() == [CitationDelta(Citation("https://h"))]


def test_parts_are_bounded() -> None:
    """Each becomes an event, which takes more memory than its bytes."""
    content = msgspec.Raw(b"[" + b'{"type":"x"},' * MAX_PARTS + b"{}]")
    failure = failure_of(lambda: read_content(content, Sources(new_held())))
    assert failure.kind is FailureClass.PROTOCOL
