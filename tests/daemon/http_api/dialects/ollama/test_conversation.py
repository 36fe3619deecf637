"""Ollama's messages as ours."""

from aircherd.http_api.dialects.ollama import DIALECT
from aircherd.vocabulary.chat import Message
from aircherd.vocabulary.content.media import ImagePart
from aircherd.vocabulary.parts import TextPart, ToolCallPart, ToolResultPart
from helpers.http_api.talks import PIXEL, a_call


def messages_of(*messages: object) -> list[Message]:
    return DIALECT.read_chat(
        a_call("/api/chat", {"model": "m", "messages": messages})
    ).chat.messages


def calls(*names: str, **fields: object) -> dict[str, object]:
    listed = [{"function": {"name": name, "arguments": {"a": 1}}} for name in names]
    return {"role": "assistant", "content": "", "tool_calls": listed, **fields}


def test_roles() -> None:
    """Each message has its role; an empty one of the assistant is left out."""
    given = [{"role": role, "content": "a"} for role in ("system", "user", "assistant")]
    got = messages_of(*given, {"role": "assistant", "content": None})
    assert got == [Message(each["role"], "a") for each in given]


def test_pictures() -> None:
    """Pictures come before the text; thinking goes back to no other model."""
    message = {"role": "user", "content": "See", "images": [PIXEL], "thinking": "x"}
    picture = ImagePart(data=PIXEL, media_type="image/png")
    assert messages_of(message) == [Message("user", [picture, TextPart("See")])]


def test_answers_by_name() -> None:
    """Answers name their tool, and those of one round are one message."""
    answers = [{"role": "tool", "tool_name": name, "content": name} for name in ("g", "f")]
    asked, answered = messages_of(calls("f", "g", thinking="t"), *answers)
    assert asked.content == [
        ToolCallPart("call_1", "f", '{"a":1}'),
        ToolCallPart("call_2", "g", '{"a":1}'),
    ]
    assert answered.content == [ToolResultPart("call_2", "g"), ToolResultPart("call_1", "f")]


def test_answers_by_order() -> None:
    """Some clients send no name, or another one: the first call without an answer is meant."""
    answers = [{"role": "tool", "content": each} for each in "12"]
    _, answered = messages_of(calls("f", "f"), *answers)
    assert answered.content == [ToolResultPart("call_1", "1"), ToolResultPart("call_2", "2")]


def test_answers_by_id() -> None:
    """An id says which call is meant."""
    listed = [{"id": each, "function": {"name": "f", "arguments": None}} for each in "ab"]
    answers = [{"role": "tool", "tool_call_id": each, "content": each} for each in "ba"]
    asked = {"role": "assistant", "tool_calls": listed}
    got = messages_of(asked, *answers)
    assert [part.arguments for part in got[0].content] == ["{}", "{}"]
    assert [part.id for part in got[1].content] == ["b", "a"]


def test_what_is_no_picture() -> None:
    """What no other vendor takes is noted."""
    body = {"model": "m", "messages": [{"role": "user", "content": "a", "images": ["????"]}]}
    assert DIALECT.read_chat(a_call("/api/chat", body)).verbatim.unsaid == "messages[0].images[0]"
