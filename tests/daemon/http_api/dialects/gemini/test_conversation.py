"""Gemini's contents as messages."""

import pytest

from aircherd.http_api.dialects.gemini import DIALECT
from aircherd.vocabulary.chat import Message
from aircherd.vocabulary.content.media import DocumentPart, ImagePart
from aircherd.vocabulary.parts import TextPart, ToolCallPart, ToolResultPart
from helpers.http_api.talks import PIXEL, a_call


def messages_of(contents: object, **fields: object) -> list[Message]:
    body = {"contents": contents, **fields}
    read = DIALECT.read_chat(a_call("/v1/models/m:generateContent", body))
    assert read.verbatim.unsaid is None
    return read.chat.messages


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        ("Hi", [Message("user", "Hi")]),
        ({"parts": {"text": "Hi"}}, [Message("user", "Hi")]),
        (
            [{"parts": [{"text": "a"}, {"text": "b"}]}],
            [Message("user", [TextPart("a"), TextPart("b")])],
        ),
        ([{"role": "model", "parts": [{"text": "a"}]}], [Message("assistant", "a")]),
        ([{"role": "system", "parts": [{"text": "a"}]}], [Message("system", "a")]),
        ([{"role": "user", "parts": []}, {"role": "user"}], []),
        (None, []),
    ],
)
def test_turns(contents: object, expected: list[Message]) -> None:
    """A turn is a message; clients shorten it in several ways."""
    assert messages_of(contents) == expected


def test_answers_without_ids() -> None:
    """An answer belongs to the first call of its name that has none."""
    call = {"functionCall": {"name": "f", "args": {"a": 1}}}
    first, second = ({"functionResponse": {"name": "f", "response": {"result": n}}} for n in "12")
    contents = [
        {"role": "model", "parts": [call, call]},
        {"role": "function", "parts": [first, second]},
    ]
    asked, answered = messages_of(contents)
    assert asked.content == [
        ToolCallPart("call_1", "f", '{"a":1}'),
        ToolCallPart("call_2", "f", '{"a":1}'),
    ]
    assert answered.content == [ToolResultPart("call_1", "1"), ToolResultPart("call_2", "2")]


def test_answers_with_ids() -> None:
    """Ids say which call an answer belongs to, in any order."""
    calls = [{"functionCall": {"id": each, "name": "f"}} for each in "ab"]
    answers = [{"functionResponse": {"id": each, "name": "f", "response": {}}} for each in "ba"]
    contents = [{"role": "model", "parts": calls}, {"role": "user", "parts": answers}]
    assert [part.id for part in messages_of(contents)[1].content] == ["b", "a"]


@pytest.mark.parametrize(
    ("response", "text", "is_error"),
    [
        ({"output": "x"}, "x", False),
        ({"result": {"a": 1}}, '{"a":1}', False),
        ({"error": "no"}, "no", True),
        ({"output": "x", "more": 1}, '{"output":"x","more":1}', False),
        ({}, "{}", False),
    ],
)
def test_what_functions_answer(response: object, text: str, is_error: bool) -> None:
    """A text alone is passed on as such, and an error is one."""
    contents = [
        {"role": "model", "parts": [{"functionCall": {"name": "f", "args": None}}]},
        {"parts": [{"functionResponse": {"name": "f", "response": response}}]},
    ]
    asked, answered = messages_of(contents)
    assert asked.content[0].arguments == "{}"
    assert answered.content == [ToolResultPart("call_1", text, is_error)]


def test_a_picture_in_an_answer() -> None:
    """Gemini 3 takes data inside an answer."""
    blob = {"inlineData": {"mimeType": "image/png", "data": PIXEL}}
    response = {"name": "f", "response": {"output": "x"}, "parts": [blob]}
    contents = [
        {"role": "model", "parts": [{"functionCall": {"name": "f"}}]},
        {"parts": [{"functionResponse": response}]},
    ]
    expected = [TextPart("x"), ImagePart(data=PIXEL, media_type="image/png")]
    assert messages_of(contents)[1].content == [ToolResultPart("call_1", expected)]


def test_media() -> None:
    """Pictures, also by address, and documents; Python's base64 is that of URLs."""
    urlsafe = PIXEL.replace("+", "-").replace("/", "_").rstrip("=")
    parts = [
        {"inlineData": {"mimeType": "image/png", "data": urlsafe}},
        {"fileData": {"fileUri": "https://a.example/b.pdf", "mimeType": "application/pdf"}},
        {"inlineData": {"mimeType": "text/plain", "data": "aGk=", "displayName": "a.txt"}},
    ]
    assert messages_of([{"parts": parts}])[0].content == [
        ImagePart(data=PIXEL, media_type="image/png"),
        DocumentPart(url="https://a.example/b.pdf"),
        DocumentPart(data="aGk=", media_type="text/plain", name="a.txt"),
    ]


def test_foreign_signatures_and_thoughts() -> None:
    """Google's own thoughts and signatures are for Google alone."""
    parts = [
        {"text": "hm", "thought": True},
        {"text": "Hi", "thoughtSignature": "R29vZ2xl"},
        {"executableCode": {"language": "PYTHON", "code": "1"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK"}},
        {"inlineData": {"mimeType": "image/png", "data": PIXEL}, "thoughtSignature": "R29vZ2xl"},
    ]
    [message] = messages_of([{"role": "model", "parts": parts}])
    picture = ImagePart(data=PIXEL, media_type="image/png")
    assert message.content == [TextPart("Hi"), picture]


def test_system_prompts() -> None:
    """A system prompt is a text, or several."""
    for given in ("a\nb", {"parts": [{"text": "a"}, {"text": "b"}]}):
        body = {"contents": "Hi", "systemInstruction": given}
        read = DIALECT.read_chat(a_call("/v1/models/m:generateContent", body))
        assert read.chat.system == "a\nb"
