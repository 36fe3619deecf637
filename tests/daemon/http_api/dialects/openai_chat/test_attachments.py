import base64

import pytest

from aircherd.vocabulary.content.media import AudioPart, DocumentPart, ImagePart
from aircherd.vocabulary.parts import Part, TextPart
from helpers.http_api.chat_dialect import read

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(16)).decode()
PDF = base64.b64encode(b"%PDF-1.7\n" + bytes(16)).decode()
WAV = base64.b64encode(b"RIFF\x24\0\0\0WAVEfmt " + bytes(16)).decode()
NOTE = base64.b64encode(b"milk, bread").decode()


def only(part: dict[str, object]) -> tuple[Part | str, str | None]:
    found = read(messages=[{"role": "user", "content": [part]}])
    content = found.chat.messages[0].content
    return (content if isinstance(content, str) else content[0]), found.verbatim.unsaid


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
            ImagePart(data=PNG, media_type="image/png"),
        ),
        (
            {"type": "image_url", "image_url": {"url": "https://x.test/a.png", "detail": "low"}},
            ImagePart(url="https://x.test/a.png"),
        ),
        (
            {"type": "image_url", "image_url": "https://x.test/a.png"},
            ImagePart(url="https://x.test/a.png"),
        ),
        (
            {"type": "input_audio", "input_audio": {"data": WAV, "format": "wav"}},
            AudioPart(data=WAV, media_type="audio/wav"),
        ),
        (
            {
                "type": "file",
                "file": {"file_data": f"data:application/pdf;base64,{PDF}", "filename": "a.pdf"},
            },
            DocumentPart(data=PDF, media_type="application/pdf", name="a.pdf"),
        ),
        (
            {"type": "file", "file": {"file_data": PDF}},
            DocumentPart(data=PDF, media_type="application/pdf"),
        ),
        (
            {"type": "file", "file": {"file_data": f"data:text/plain;base64,{NOTE}"}},
            DocumentPart(data=NOTE, media_type="text/plain"),
        ),
        (
            {"type": "file", "file": {"file_data": "https://x.test/a.pdf"}},
            DocumentPart(url="https://x.test/a.pdf"),
        ),
        (
            {"type": "text", "text": "Hello", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
            TextPart("Hello", cache="1h"),
        ),
        (
            {
                "type": "image_url",
                "image_url": {"url": "https://x.test/a.png"},
                "cache_control": {"type": "ephemeral"},
            },
            ImagePart(url="https://x.test/a.png", cache=True),
        ),
    ],
)
def test_parts(part: dict[str, object], expected: Part) -> None:
    """Pictures, sound, files and marks for the cache, in the forms that clients send."""
    assert only(part) == (expected, None)


@pytest.mark.parametrize(
    ("part", "unsaid"),
    [
        ({"type": "file", "file": {"file_id": "file-7"}}, "type 'file'"),
        ({"type": "video_url", "video_url": {"url": "https://x.test/a.mp4"}}, "type 'video_url'"),
        ({"type": "image_url"}, "type 'image_url'"),
        (
            {"type": "image_url", "image_url": {"url": "data:image/heic;base64,AAAAAAAA"}},
            "an image's media_type",
        ),
        (
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,?"}},
            "is not base64",
        ),
        ({"type": "input_audio", "input_audio": {"data": NOTE}}, "first bytes of a sound"),
    ],
)
def test_what_is_no_part_of_ours(part: dict[str, object], unsaid: str) -> None:
    """What we cannot say may still be for a provider of this API: it is named, not refused."""
    content, found = only(part)
    assert content == f"({part['type']})"
    assert found is not None
    assert found.startswith("messages[0].content[0]")
    assert unsaid in found
