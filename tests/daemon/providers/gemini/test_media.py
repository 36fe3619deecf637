"""Pictures, documents and sound as parts of Gemini's contents."""

import base64

import pytest

from aircherd.providers.codec.turns import turns
from aircherd.providers.gemini.contents import TAKES, write_contents
from aircherd.vocabulary.failure import FailureClass
from helpers.providers.provider_calls import a_request, failure_of

Part = dict[str, object]


def written(part: Part) -> object:
    request = a_request({"role": "user", "content": [part]})
    return write_contents(turns(request.messages, TAKES), "gemini-3.8-flash")[0]["parts"]


def inline(kind: str, data: str) -> Part:
    return {"inlineData": {"mimeType": kind, "data": data}}


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://h/a.PNG", "image/png"),
        ("https://h/a.jpeg?size=1#top", "image/jpeg"),
        ("https://h/a.webp", "image/webp"),
        ("https://h/a", None),
        ("https://h/?f=a.gif", None),
    ],
)
def test_image_urls(url: str, kind: str | None) -> None:
    """Google fetches them; the type is sent if the path names it."""
    file = {"fileUri": url} | ({"mimeType": kind} if kind else {})
    assert written({"type": "image", "url": url}) == [{"fileData": file}]


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


PDF, TEXT = encoded(b"%PDF-1.4"), encoded(b"a,b")


@pytest.mark.parametrize(
    ("document", "parts"),
    [
        ({"media_type": "application/pdf", "data": PDF}, [inline("application/pdf", PDF)]),
        (
            {"media_type": "application/pdf", "data": PDF, "name": "a.pdf", "cache": True},
            [{"text": "a.pdf:"}, inline("application/pdf", PDF)],
        ),
        ({"media_type": "text/csv; charset=utf-8", "data": TEXT}, [inline("text/csv", TEXT)]),
        ({"media_type": "application/toml", "data": TEXT}, [inline("text/plain", TEXT)]),
        (
            {"url": "https://h/a"},
            [{"fileData": {"fileUri": "https://h/a", "mimeType": "application/pdf"}}],
        ),
    ],
)
def test_documents(document: Part, parts: list[Part]) -> None:
    """A file goes as data or by URL, after its name; its type is one that Google knows."""
    assert written({"type": "document", **document}) == parts


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"RIFF\0\0\0\0WAVE", "audio/wav"),
        (b"ID3", "audio/mp3"),
        (b"FORM\0\0\0\0AIFF", "audio/aiff"),
        (b"\xff\xf1", "audio/aac"),
        (b"OggS", "audio/ogg"),
        (b"fLaC", "audio/flac"),
    ],
)
def test_sound(start: bytes, kind: str) -> None:
    """The types are called as Google calls them."""
    data = encoded(start + b"123")
    assert written({"type": "audio", "data": data}) == [inline(kind, data)]


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (
            {"type": "image", "media_type": "image/gif", "data": "R0lGODlh"},
            "messages[0]: Gemini does not take image/gif, only image/jpeg, image/png, image/webp",
        ),
        ({"type": "image", "url": "https://h/a.gif"}, "messages[0]: Gemini does not take"),
        (
            {"type": "image", "url": "http://h/a.png"},
            "messages[0]: Gemini fetches images from https:// only: send the data, or another url",
        ),
        (
            {"type": "document", "url": "http://h/a.pdf"},
            "messages[0]: Gemini fetches documents from https:// only: send the data",
        ),
        (
            {"type": "document", "url": "https://h/a.pdf", "citations": True},
            "messages[0]: Gemini cannot cite a document: leave out its citations",
        ),
        (
            {"type": "audio", "data": encoded(b"\0\0\0 ftypM4A isom")},
            "messages[0]: Gemini does not take audio/mp4, only audio/wav, audio/mp3, audio/aiff",
        ),
        (
            {"type": "audio", "media_type": "audio/pcm", "data": "AAAA"},
            "messages[0]: Gemini does not take audio/pcm, only",
        ),
    ],
)
def test_unsupported_files_name_their_position(part: Part, message: str) -> None:
    """What Gemini does not take is UNSUPPORTED, and the position is named."""
    failure = failure_of(lambda: written(part))
    assert failure.kind is FailureClass.UNSUPPORTED
    assert failure.message.startswith(message)
