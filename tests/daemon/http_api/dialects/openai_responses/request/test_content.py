"""What messages and results hold."""

import pytest

from aircherd.vocabulary.content.media import AudioPart, DocumentPart, ImagePart
from aircherd.vocabulary.parts import Part, TextPart, ToolResultPart
from helpers.http_api.responses_api import chat_of, unsaid

PNG = "iVBORw0KGgo="
PDF = "JVBERi0xLjQK"
WAV = "UklGRiQAAABXQVZFZm10IA=="
CALL = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}


def parts_of(*content: object) -> str | list[Part]:
    return chat_of({"role": "user", "content": list(content)}).messages[1].content


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (
            {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}", "detail": "high"},
            ImagePart(data=PNG, media_type="image/png"),
        ),
        (
            {"type": "input_image", "image_url": "https://example.org/a.png"},
            ImagePart(url="https://example.org/a.png"),
        ),
        (
            {
                "type": "input_file",
                "file_data": f"data:application/pdf;base64,{PDF}",
                "filename": "a.pdf",
            },
            DocumentPart(data=PDF, media_type="application/pdf", name="a.pdf"),
        ),
        (
            {"type": "input_file", "file_data": PDF},
            DocumentPart(data=PDF, media_type="application/pdf"),
        ),
        (
            {"type": "input_file", "file_data": "data:text/plain;base64,aGk="},
            DocumentPart(data="aGk=", media_type="text/plain"),
        ),
        (
            {"type": "input_file", "file_url": "https://example.org/a.pdf"},
            DocumentPart(url="https://example.org/a.pdf"),
        ),
        (
            {"type": "input_audio", "input_audio": {"data": WAV, "format": "wav"}},
            AudioPart(WAV, "audio/wav"),
        ),
        (
            {"type": "input_text", "text": "a", "prompt_cache_breakpoint": {"mode": "explicit"}},
            TextPart("a", cache=True),
        ),
        (
            {
                "type": "input_text",
                "text": "a",
                "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "12h"},
            },
            TextPart("a", cache="1h"),
        ),
        ({"type": "input_text", "text": "a", "prompt_cache_breakpoint": None}, TextPart("a")),
    ],
)
def test_a_part_is_said(content: object, part: Part) -> None:
    """In words of ours."""
    assert parts_of(content) == [part]
    assert unsaid(input=[{"role": "user", "content": [content]}]) is None


def test_a_single_text_is_a_string() -> None:
    """As most messages are."""
    assert parts_of({"type": "input_text", "text": "Hi"}) == "Hi"


@pytest.mark.parametrize(
    ("content", "sent"),
    [
        ({"type": "input_image", "file_id": "file_1"}, "input[0].content[0].file_id"),
        ({"type": "input_file", "file_id": "file_1"}, "input[0].content[0].file_id"),
        ({"type": "brand_new"}, 'input[0].content[0].type "brand_new"'),
        (
            {"type": "input_image", "image_url": "data:image/svg+xml;base64,PHN2Zz4="},
            "input[0].content[0]: an image's media_type has to be one of",
        ),
        (
            {"type": "input_image", "image_url": "data:image/png,plain"},
            "input[0].content[0]: a data: URL has to be in base64",
        ),
        (
            {"type": "input_file", "file_data": "data:application/msword;base64,aGk="},
            "input[0].content[0]: a document's media_type has to be",
        ),
    ],
)
def test_what_only_openai_takes_is_named(content: object, sent: str) -> None:
    """A text stands for it, so that the request can still be checked and priced."""
    found = unsaid(input=[{"role": "user", "content": [content]}])
    assert found is not None
    assert found.startswith(sent)
    (part,) = parts_of(content)
    assert isinstance(part, TextPart)


# ------------------------------------------------------------------ results


def result_of(output: object) -> object:
    item = {"type": "function_call_output", "call_id": "c1", "output": output}
    (part,) = chat_of(CALL, item).messages[-1].content
    assert isinstance(part, ToolResultPart)
    return part.content


@pytest.mark.parametrize(
    ("output", "content"),
    [
        ("done", "done"),
        (None, ""),
        ([{"type": "input_text", "text": "a"}], [TextPart("a")]),
        (
            [{"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"}],
            [ImagePart(data=PNG, media_type="image/png")],
        ),
        ({"ok": True}, '{"ok":true}'),
        ([1, 2], "[1,2]"),
    ],
)
def test_a_result_is_a_text_or_parts(output: object, content: object) -> None:
    """JSON of any other form is a text."""
    assert result_of(output) == content


@pytest.mark.parametrize(
    "output",
    [
        [{"type": "encrypted_content", "encrypted_content": "x"}],
        [{"type": "input_audio", "input_audio": {"data": WAV, "format": "wav"}}],
        {"type": "computer_screenshot", "image_url": "https://example.org/a.png"},
    ],
)
def test_a_result_that_only_openai_reads_is_named(output: object) -> None:
    """With its place."""
    item = {"type": "function_call_output", "call_id": "c1", "output": output}
    sent = unsaid(input=[{"role": "user", "content": "Hi"}, CALL, item])
    assert sent is not None
    assert sent.startswith("input[2].output")
