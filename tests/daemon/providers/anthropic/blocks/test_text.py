"""Texts and their sources."""

import msgspec
import pytest

from aircherd.chat.replies.reply import Reply
from aircherd.providers.anthropic.reply.whole import read_whole
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.reply import (
    CitationDelta,
    PartEnd,
    TextDelta,
)
from helpers.providers.anthropic_replies import STOP, Data, block, block_stop, decode, delta, text


@pytest.mark.parametrize(
    ("citation", "expected"),
    [
        (
            {
                "type": "page_location",
                "cited_text": "The fox.",
                "document_index": 1,
                "document_title": "Foxes",
                "start_page_number": 3,
                "end_page_number": 4,
            },
            Citation(title="Foxes", quote="The fox.", document=1),
        ),
        (
            {
                "type": "web_search_result_location",
                "cited_text": "Red.",
                "url": "https://a/b",
                "title": None,
                "encrypted_index": "Eo8",
            },
            Citation(url="https://a/b", quote="Red."),
        ),
        (
            {"type": "search_result_location", "source": "https://a/c", "title": "C"},
            Citation(url="https://a/c", title="C"),
        ),
        ({"type": "search_result_location", "source": "notes"}, Citation()),
        ({"type": "of_tomorrow", "document_index": True}, Citation()),
    ],
)
def test_citations(citation: Data, expected: Citation) -> None:
    """What all citations share is ours, and the vendor's own form is kept; streamed or whole."""
    data = msgspec.json.encode(citation).decode()
    expected = msgspec.structs.replace(expected, data=data)
    streamed, _ = decode(
        block(0, citations=[]),
        delta(0, "citations_delta", citation=citation),
        text("a"),
        block_stop(0),
        STOP,
    )
    whole = read_whole(
        msgspec.json.encode({"content": [{"type": "text", "text": "a", "citations": [citation]}]})
    )
    wanted = [TextDelta("a"), TextDelta(""), CitationDelta(expected), PartEnd()]
    assert wanted == streamed[:-1] == whole[:-1]


def test_a_text_without_sources_is_not_joined_to_one_with_them() -> None:
    """Each text block that may have sources is a part of its own; others are joined as ever."""
    content = [
        {"type": "text", "text": "a"},
        {"type": "text", "text": "b", "citations": [{"type": "x"}]},
        {"type": "text", "text": "c", "citations": None},
        {"type": "text", "text": "d"},
    ]
    reply = Reply()
    reply.add(read_whole(msgspec.json.encode({"content": content})))
    parts = reply.message("a/m")["content"]
    assert [part["text"] for part in parts] == ["a", "b", "cd"]
    assert ["citations" in part for part in parts] == [False, True, False]
