"""Whole replies, read by OpenAI's SDK."""

import json

from openai.types.chat import ChatCompletion

from aircherd.http_api.dialects.openai_chat import DIALECT
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.reply import (
    AudioDelta,
    CitationDelta,
    ImageDelta,
    OtherDelta,
    PartEnd,
    ReasoningDelta,
    ReplyEvent,
    TextDelta,
    ToolCallDelta,
)
from helpers.http_api.chat_dialect import ended, read, result_of
from helpers.http_api.openai_sdk import client_of


def reply_of(*events: ReplyEvent, finish: str = "stop", **fields: object) -> ChatCompletion:
    body = DIALECT.whole_reply(read(**fields), result_of(ended(*events, finish=finish)))
    return client_of(body).chat.completions.create(model="x", messages=[])


def test_text() -> None:
    """A reply of text, from its id to its counts."""
    reply = reply_of(TextDelta("The sky "), TextDelta("is blue."))
    assert reply.id.startswith("chatcmpl-")
    assert (reply.object, reply.model) == ("chat.completion", "claude-sonnet-5")
    assert reply.choices[0].to_dict() == {
        "index": 0,
        "message": {"role": "assistant", "content": "The sky is blue.", "refusal": None},
        "logprobs": None,
        "finish_reason": "stop",
    }
    assert reply.usage is not None
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (20, 7)
    assert reply.usage.total_tokens == 27


def test_calls() -> None:
    """Functions and custom tools, with their arguments as they came."""
    reply = reply_of(
        ToolCallDelta(0, "call_a", "weather", '{ "place": "Ulm" }'),
        ToolCallDelta(1, "call_b", "patch", "*** Begin", custom=True),
        finish="tool_calls",
    )
    message = reply.choices[0].message.to_dict()
    assert message["content"] is None
    assert message["tool_calls"] == [
        {
            "id": "call_a",
            "type": "function",
            "function": {"name": "weather", "arguments": '{ "place": "Ulm" }'},
        },
        {"id": "call_b", "type": "custom", "custom": {"name": "patch", "input": "*** Begin"}},
    ]
    assert reply.choices[0].finish_reason == "tool_calls"


def test_thinking() -> None:
    """Thinking is beside the content, unless it is not wanted."""
    events = (ReasoningDelta("Light scatters."), TextDelta("Blue."))
    assert reply_of(*events).choices[0].message.to_dict()["reasoning_content"] == "Light scatters."
    hidden = reply_of(*events, reasoning={"exclude": True}).choices[0].message.to_dict()
    assert "reasoning_content" not in hidden


def test_everything_else() -> None:
    """Refusals, sources, pictures and sound; what has no word of ours is left out."""
    reply = reply_of(
        TextDelta("So. "),
        PartEnd(),
        TextDelta("Blue."),
        CitationDelta(Citation(url="https://a.test")),
        CitationDelta(Citation(quote="blue")),
        ImageDelta("AAAA", "image/png"),
        AudioDelta("BBBB", "audio/wav", "Blue."),
        OtherDelta("search", "{}"),
        TextDelta("No more.", refusal=True),
        finish="refusal",
    )
    message = reply.choices[0].message.to_dict()
    assert (message["content"], message["refusal"]) == ("So. Blue.", "No more.")
    assert [
        each.url_citation.start_index for each in reply.choices[0].message.annotations or []
    ] == [4]
    assert json.dumps(message["images"]).count("data:image/png;base64,AAAA") == 1
    assert message["audio"]["transcript"] == "Blue."  # type: ignore[index]
    assert reply.choices[0].finish_reason == "stop"


def test_an_empty_reply() -> None:
    """Nothing is an empty text."""
    assert reply_of().choices[0].message.content == ""
