"""Pictures, documents and sound that our parts cannot hold."""

import pytest

from aircherd.http_api.dialects.common.unsaid import Unsaid
from aircherd.http_api.dialects.gemini.media import read_blob, read_file
from aircherd.http_api.dialects.gemini.shapes import Blob, FileData


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("image/heic", "AAAA"),
        ("video/mp4", "AAAA"),
        ("image/png", "not base64"),
        ("application/pdf", "AAAA"),
        (None, ""),
    ],
)
def test_blobs_for_google_alone(kind: str | None, data: str) -> None:
    """What other vendors do not take is left to Google."""
    unsaid = Unsaid()
    assert read_blob(Blob(mime_type=kind, data=data), "here", unsaid) is None
    assert unsaid.names[0].startswith("here.inlineData")


@pytest.mark.parametrize(
    ("uri", "kind"),
    [
        ("https://generativelanguage.googleapis.com/v1beta/files/a", "image/png"),
        ("https://www.youtube.com/watch?v=a", "video/mp4"),
        ("gs://bucket/a.png", "image/png"),
        ("https://a.example/b", None),
        ("", "image/png"),
    ],
)
def test_files_for_google_alone(uri: str, kind: str | None) -> None:
    """Files that only Google can open are left to it."""
    unsaid = Unsaid()
    assert read_file(FileData(file_uri=uri, mime_type=kind), "here", unsaid) is None
    assert unsaid.names[0].startswith("here.fileData")


def test_sound() -> None:
    """Sound is a part like the others."""
    part = read_blob(Blob(mime_type="audio/pcm;rate=24000", data="AAAA"), "", Unsaid())
    assert part.media_type == "audio/pcm;rate=24000"
