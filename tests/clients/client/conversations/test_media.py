"""Images, PDFs and sound: what is kept of them, and how they come back."""

import os
from base64 import b64encode
from pathlib import Path

import pytest

from aircher_client.conversations import media
from aircher_client.conversations.media import part_name, to_keep, to_send, without_cache_marks

LARGE = b"\x89PNG" + bytes(range(256)) * 1200


def image(content: bytes, **more: object) -> dict[str, object]:
    data = b64encode(content).decode()
    return {"type": "image", "media_type": "image/png", "data": data, **more}


def message(*parts: object) -> dict[str, object]:
    return {"role": "user", "content": list(parts)}


def test_text_and_small_images_are_kept_as_they_are() -> None:
    """So is what has a URL, and what only a provider understands."""
    given = message(
        {"type": "text", "text": "x" * 1_000_000},
        image(b"small"),
        {"type": "image", "url": "https://example.org/a.png"},
        {"type": "other", "kind": "signature", "data": "y" * 1_000_000},
        "no part",
    )
    assert given == to_keep(given)
    assert to_keep({"role": "user", "content": "text"}) == {"role": "user", "content": "text"}


def test_a_large_file_is_kept_as_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read again, also from another directory; nothing is copied."""
    (tmp_path / "photo.png").write_bytes(LARGE)
    (tmp_path / "same_size.png").write_bytes(LARGE[::-1])
    monkeypatch.chdir(tmp_path)
    given = message(image(LARGE))
    kept = to_keep(given, ["missing.png", "same_size.png", "photo.png", "\0"])
    (part,) = kept["content"]
    assert "data" not in part
    assert (str(tmp_path / "photo.png"), len(LARGE)) == (
        part["kept"]["path"],
        part["kept"]["bytes"],
    )
    assert part_name(part) == "photo.png"
    monkeypatch.chdir("/")
    missing: list[str] = []
    assert given == to_send(kept, missing)
    assert missing == []


@pytest.mark.parametrize("change", ["changed", "gone", "pipe", "folder", "large"])
def test_a_file_that_is_not_the_same_any_more(
    tmp_path: Path, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It becomes a sentence, and no pipe is waited for."""
    path = tmp_path / "photo.png"
    path.write_bytes(LARGE)
    kept = to_keep(message(image(LARGE)), [str(path)])
    path.unlink()
    if change == "changed":
        path.write_bytes(LARGE + b"x")
    elif change == "pipe":
        os.mkfifo(path)
    elif change == "folder":
        path.mkdir()
    elif change == "large":
        path.write_bytes(LARGE)
        monkeypatch.setattr(media, "MAX_FILE", 100)
    missing: list[str] = []
    sent = to_send(kept, missing)
    assert sent["content"] == [{"type": "text", "text": "(photo.png is no longer available)"}]
    assert missing == ["photo.png"]


def test_what_is_no_file_is_kept_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as an image from a pipe, or one that a model has made."""
    given = message(image(LARGE, name="drawing"))
    assert given == to_keep(given)
    monkeypatch.setattr(media, "MAX_DATA", media.SMALL)
    missing: list[str] = []
    sent = to_send(to_keep(given), missing)
    assert sent["content"] == [{"type": "text", "text": "(drawing is no longer available)"}]


def test_data_that_is_no_base64_is_left_alone() -> None:
    """The daemon would refuse it anyway."""
    given = message({"type": "image", "data": "!" * 400_001})
    assert given == to_keep(given)


def test_cache_marks_are_not_kept() -> None:
    """They are about one request; a provider allows few of them."""
    given = message({"type": "text", "text": "a", "cache": "1h"}, image(b"x", cache=True))
    assert message({"type": "text", "text": "a"}, image(b"x")) == without_cache_marks(given)


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ({"type": "document", "name": "a.pdf"}, "a.pdf"),
        ({"type": "image", "url": "https://example.org/a.png"}, "https://example.org/a.png"),
        ({"type": "audio", "media_type": "audio/wav"}, "audio/wav"),
        ({"type": "audio"}, "audio"),
    ],
)
def test_names_of_parts(part: dict[str, object], name: str) -> None:
    """A part is called by the best name that it has."""
    assert name == part_name(part)
