"""What `-f` adds to a prompt."""

from base64 import b64decode
from pathlib import Path

import pytest

from aircher_cli.commands.ask import attachments
from aircher_cli.commands.ask.attachments import (
    file_pieces,
    image_type,
    pieces_to_parts,
    read_attachment,
)
from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed
from helpers.daemon.cli import Stream

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"


def context_of(stdin: bytes = b"") -> Context:
    return Context(Console(None, None, {}), {}, Stream(stdin))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
        (b"GIF89a\1\0", "image/gif"),
        (b"GIF87a\1\0", "image/gif"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\x24\0\0\0WAVEfmt ", None),
        (b"\x89PNG", None),
        (b"GIF is a format", None),
        (b"", None),
    ],
)
def test_an_image_is_known_by_its_first_bytes(data: bytes, expected: str | None) -> None:
    """All four kinds that models take, and nothing that only begins alike."""
    assert expected == image_type(data)


def test_an_image_goes_after_its_name(tmp_path: Path) -> None:
    """The model can tell several apart; the name's ending does not matter."""
    (tmp_path / "photo.txt").write_bytes(PNG)
    label, part = read_attachment(context_of(), str(tmp_path / "photo.txt"))
    assert label == f"{tmp_path}/photo.txt:"
    assert isinstance(part, dict)
    assert (part["type"], part["media_type"]) == ("image", "image/png")
    assert b64decode(str(part["data"]), validate=True) == PNG


def test_an_image_on_standard_input() -> None:
    """`-` may be an image, too."""
    label, part = read_attachment(context_of(PNG), "-")
    assert label == "standard input:"
    assert isinstance(part, dict)
    assert b64decode(str(part["data"])) == PNG


def test_an_image_by_url() -> None:
    """It is not fetched here; the model does not get what may be a signature."""
    url = "https://example.org/a.png?token=secret#top"
    assert read_attachment(context_of(), url) == [
        "https://example.org/a.png:",
        {"type": "image", "url": url},
    ]


def test_a_text_file_is_named_and_fenced() -> None:
    """The model knows where it begins and ends; stray bytes survive."""
    assert file_pieces("a.md", b"one\ncaf\xe9\n") == ["a.md:\n```\none\ncaf\udce9\n```"]


def test_a_fence_is_longer_than_those_within() -> None:
    """A file with fences of its own does not end early."""
    assert file_pieces("a.md", b"```\ncode\n```") == ["a.md:\n````\n```\ncode\n```\n````"]


def test_an_svg_is_text() -> None:
    """Whatever models make of it."""
    assert file_pieces("x.svg", b"<svg/>") == ["x.svg:\n```\n<svg/>\n```"]


@pytest.mark.parametrize("name", ["x.png", "a/photo.JPG", "y.webp"])
def test_text_that_is_called_an_image(name: str) -> None:
    """Such as a page that says "not found"."""
    with pytest.raises(CommandFailed, match=f"{name} has the name of an image but contains text"):
        file_pieces(name, b"<html>Not found</html>")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://host/x.png", "cannot read ftp://...: the URL of an image must begin with https://"),
        ("HTTPS://host/x.png", "cannot read HTTPS://..."),
        ("https://", "cannot send https://...: the URL of an image must be https://HOST/PATH"),
        ("http:///x.png", "cannot send http://...: "),
        ("https://host/my photo.png", "cannot send https://...: "),
    ],
)
def test_invalid_urls_are_rejected(url: str, message: str) -> None:
    """It is said before anything is sent."""
    with pytest.raises(CommandFailed) as caught:
        read_attachment(context_of(), url)
    assert caught.value.message.startswith(message)


def test_a_file_may_be_called_nearly_like_a_url(tmp_path: Path) -> None:
    """What stands before `://` is no scheme."""
    (tmp_path / "a:").mkdir()
    (tmp_path / "a:" / "b").write_text("x")
    (piece,) = read_attachment(context_of(), f"{tmp_path}/a://b")
    assert str(piece).endswith("```\nx\n```")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"%PDF-1.7\n", "x is a PDF; extract its text: pdftotext"),
        (b"II*\0\x08\0", "x is a TIFF image; models accept PNG, JPEG, GIF and WebP: convert"),
        (b"BM\x36\0\0\0", "x is a BMP image; "),
        (b"\0\0\0\x20ftypheic\0", "x is a HEIC image; "),
        (b"\0\0\0\x20ftypavif\0", "x is an AVIF image; "),
        (b"\x7fELF\2\1\1\0", "x cannot be sent: it is neither a text file nor an image"),
    ],
)
def test_what_can_not_be_sent(data: bytes, expected: str) -> None:
    """It is named, with what to do, instead of sent as noise."""
    with pytest.raises(CommandFailed) as caught:
        file_pieces("x", data)
    assert caught.value.message.startswith(expected)


def test_a_text_may_begin_like_a_bitmap() -> None:
    """Two letters are no proof."""
    assert file_pieces("x", b"BMW") == ["x:\n```\nBMW\n```"]


def test_an_image_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Base64 makes it larger by a third, which is said in the size people know."""
    monkeypatch.setattr(attachments, "MAX_BYTES", len(PNG))
    with pytest.raises(CommandFailed, match=r"the limit for an image is 22 MiB"):
        file_pieces("x.png", PNG)


def test_parts_of_a_message() -> None:
    """Texts that follow each other become one part; images stay where they stood."""
    image: dict[str, object] = {"type": "image", "url": "https://x"}
    assert pieces_to_parts(["look", "a.png:", image, "and", "this"]) == [
        {"type": "text", "text": "look\n\na.png:"},
        image,
        {"type": "text", "text": "and\n\nthis"},
    ]
