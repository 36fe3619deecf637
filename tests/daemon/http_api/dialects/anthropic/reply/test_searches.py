"""What a search found, for Claude Code."""

import json

from anthropic.types import ServerToolUseBlock, WebSearchToolResultBlock

from aircherd.http_api.dialects.anthropic.reply.searches import MAX_SOURCES, Sources
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.reply import CitationDelta, ReplyEvent, TextDelta
from helpers.http_api.anthropic_sdk import HI, parse_stream, read, written

SEARCH = {"type": "web_search_20250305", "name": "web_search"}
AGENT = {"user-agent": "claude-cli/2.1.197 (external, cli)"}
EVENTS: list[ReplyEvent] = [
    TextDelta("It rains."),
    CitationDelta(Citation(url="https://a.test", title="A")),
    CitationDelta(Citation(url="https://a.test", title="A", quote="rain")),
    CitationDelta(Citation(url="https://b.test")),
    CitationDelta(Citation(quote="nowhere")),
]


def test_each_page_is_listed_once() -> None:
    """After the text, as a search of this API and its result."""
    chat = read(headers=AGENT, tools=[SEARCH], stream=True)

    _, search, result = parse_stream(written(EVENTS, chat=chat)).content

    assert isinstance(search, ServerToolUseBlock)
    assert isinstance(result, WebSearchToolResultBlock)
    assert isinstance(result.content, list)
    assert search.id == result.tool_use_id
    assert [(each.url, each.title) for each in result.content] == [
        ("https://a.test", "A"),
        ("https://b.test", "https://b.test"),
    ]


def test_others_get_the_text_as_the_last_block() -> None:
    """They take it for the answer; and without a search there is none."""
    for chat in (
        read(tools=[SEARCH], stream=True),
        read(headers=AGENT, stream=True),
    ):
        assert [b.type for b in parse_stream(written(EVENTS, chat=chat)).content] == ["text"]


def test_nothing_found_is_no_search() -> None:
    """Not even an empty one; and a very long list has an end."""
    sources = Sources()
    sources.add(Citation(quote="nowhere"))
    assert sources.blocks() == []

    for number in range(MAX_SOURCES + 1):
        sources.add(Citation(url=f"https://a.test/{number}"))
    assert len(sources.blocks()[1].content) == MAX_SOURCES  # type: ignore[union-attr]


def test_they_are_not_sent_to_this_api() -> None:
    """It refuses results that it did not find."""
    chat = read(headers=AGENT, tools=[SEARCH], stream=True)
    content = parse_stream(written(EVENTS, chat=chat)).to_dict()["content"]

    found = read([*HI, {"role": "assistant", "content": content}, *HI])

    sent = json.loads(found.verbatim.body)["messages"][1]["content"]
    assert [block["type"] for block in sent] == ["text"]
    assert found.verbatim.unsaid is None
