"""Pictures, documents and sound are what their first bytes say."""

from base64 import b64encode

import msgspec
import pytest

from aircherd.vocabulary.content.media import AudioPart, DocumentPart, ImagePart
from aircherd.vocabulary.parts import Part

PNG, JPEG, PDF = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0\0\x10JFIF", b"%PDF-1.7\n"
WEBP, WAV, MP3 = b"RIFF\x10\0\0\0WEBPVP8 ", b"RIFF\x10\0\0\0WAVEfmt ", b"ID3\x03"


def base64(data):
    return b64encode(data).decode()


def refused(fields):
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(fields, Part)
    return str(caught.value)


@pytest.mark.parametrize(
    ("data", "media_type"),
    [(PNG, "image/png"), (JPEG, "image/jpeg"), (b"GIF87a", "image/gif"), (WEBP, "image/webp")],
)
@pytest.mark.parametrize("claimed", ["image/png", "image/tiff", "nonsense", None])
def test_a_picture_is_labelled_by_its_bytes(data, media_type, claimed):
    """Whatever the client calls it: providers refuse a wrong label."""
    part = msgspec.convert(
        {"type": "image", "data": base64(data)} | ({"media_type": claimed} if claimed else {}), Part
    )
    assert part == ImagePart(data=base64(data), media_type=media_type)
    assert isinstance(part, ImagePart)
    assert part.media_type == media_type


def test_a_picture_by_url():
    """Nothing is known of it."""
    part = msgspec.convert({"type": "image", "url": "https://x/y"}, Part)
    assert part == ImagePart(url="https://x/y")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "an image needs either data"),
        ({"data": base64(PNG), "url": "https://x/y"}, "an image needs either data"),
        ({"data": "AAAA", "media_type": "image/tiff"}, "media_type has to be one of image/jpeg"),
        ({"data": "AAAA"}, "media_type has to be one of image/jpeg"),
        ({"data": "AAAA", "media_type": "image/png"}, "neither PNG, JPEG, GIF nor WebP"),
        ({"data": base64(PDF), "media_type": "image/png"}, "is a document (application/pdf)"),
        ({"data": base64(WAV), "media_type": "image/png"}, "is sound (audio/wav)"),
        ({"data": "not base64!", "media_type": "image/png"}, "is not base64"),
        ({"data": "", "media_type": "image/png"}, "is not base64"),
        ({"data": "\udcff", "media_type": "image/png"}, "is not base64"),
        ({"url": "file:///etc/passwd"}, "has to begin with https"),
        ({"url": "data:image/png;base64,aGk="}, "put the content of a data: URL into data"),
        ({"url": "https://"}, "has no host"),
        ({"url": "https:///cat.png"}, "has no host"),
        ({"url": "http://?cat"}, "has no host"),
    ],
)
def test_any_other_picture_is_refused(fields, message):
    """The message says what is wrong without repeating the data."""
    said = refused({"type": "image", **fields})
    assert message in said
    assert "not base64!" not in said.replace("is not base64", "")


# ------------------------------------------------------------------ documents


def test_documents():
    """A PDF, whatever it is called, and a text of any text type."""
    paper = DocumentPart(data=base64(PDF), media_type="text/plain", name="paper")
    assert (paper.media_type, paper.is_pdf, paper.text) == ("application/pdf", True, None)
    after_space = DocumentPart(data=base64(b"\r\n" + PDF))
    assert after_space.is_pdf
    notes = DocumentPart(data=base64("\u0141".encode()), media_type="text/markdown")
    assert (notes.is_pdf, notes.text) == (False, "\u0141")
    for kind in ("application/json", "text/csv;charset=utf-8", "application/vnd.api+json"):
        assert DocumentPart(data=base64(b"{}"), media_type=kind).text == "{}"
    linked = DocumentPart(url="https://x/paper")
    assert (linked.is_pdf, linked.text) == (True, None)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "a document needs either data"),
        ({"data": base64(b"hello"), "media_type": "application/pdf"}, "first bytes are not %PDF-"),
        ({"data": base64(b"PK\x03\x04")}, "media_type has to be application/pdf or that of a text"),
        ({"data": base64(b"PK"), "media_type": "application/zip"}, "has to be application/pdf"),
        ({"data": base64(PNG), "media_type": "application/pdf"}, "is a picture (image/png)"),
        ({"data": base64(b"\xff"), "media_type": "text/plain"}, "is not text in UTF-8"),
        ({"data": base64(b"a\0b"), "media_type": "text/plain"}, "is not text in UTF-8"),
        ({"data": "?", "media_type": "text/plain"}, "is not base64"),
        ({"url": "https://x/page.html"}, "has to be that of a PDF: download a web page"),
        ({"url": "https://x/page.HTM?a=b.pdf#c"}, "has to be that of a PDF"),
        ({"url": "https://x/a", "media_type": "text/html"}, "has to be that of a PDF"),
        ({"url": "ftp://x/a.pdf"}, "has to begin with https"),
    ],
)
def test_any_other_document_is_refused(fields, message):
    """The message says what is wrong."""
    assert message in refused({"type": "document", **fields})


# ------------------------------------------------------------------ sound


def test_sound():
    """It is labelled by its bytes; raw sound has none that say what it is."""
    assert AudioPart(data=base64(WAV), media_type="audio/mpeg").media_type == "audio/wav"
    assert AudioPart(data=base64(MP3)).media_type == "audio/mpeg"
    raw = AudioPart(data=base64(b"\x01\x02"), media_type="audio/L16;rate=24000")
    assert raw.media_type == "audio/L16;rate=24000"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"data": base64(b"hello"), "media_type": "audio/wav"}, "are none of WAV"),
        ({"data": base64(PNG), "media_type": "audio/wav"}, "is a picture (image/png)"),
        ({"data": "", "media_type": "audio/wav"}, "is not base64"),
    ],
)
def test_any_other_sound_is_refused(fields, message):
    """The message says what is wrong."""
    assert message in refused({"type": "audio", **fields})
