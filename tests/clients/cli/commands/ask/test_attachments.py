"""What `-f` adds to a prompt."""

from base64 import b64decode
from pathlib import Path

import pytest

from aircher_cli.commands.ask import attachments
from aircher_cli.commands.ask.attachments import (
    file_pieces,
    media_type_in,
    pieces_to_parts,
    read_attachment,
)
from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed
from helpers.daemon.cli import Stream

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
PDF = b"%PDF-1.7\n1 0 obj\n"
WAV = b"RIFF\x24\0\0\0WAVEfmt "


def context_of(stdin: bytes = b"") -> Context:
    return Context(Console(None, None, {}), {}, Stream(stdin))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
        (b"GIF89a\1\0", "image/gif"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
        (PDF, "application/pdf"),
        (b"\r\n" + PDF, "application/pdf"),
        (WAV, "audio/wav"),
        (b"ID3\4\0\0", "audio/mpeg"),
        (b"\xff\xfb\x90\0", "audio/mpeg"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\0\x42\x82\x84webm", "audio/webm"),
        (b"\x1a\x45\xdf\xa3\xa3\x42\x86\0\x42\x82\x88matroska", None),
        (b"ID3 is an algorithm", None),
        (b"OggS and friends", None),
        (b"\x89PNG", None),
        (b"GIF is a format", None),
        (b"", None),
    ],
)
def test_first_bytes_tell_what_a_file_is(data: bytes, expected: str | None) -> None:
    """All formats that models accept, and no text that begins alike."""
    assert expected == media_type_in(data)


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


def test_a_pdf_keeps_its_name(tmp_path: Path) -> None:
    """The name of the file goes with it, without its folder; its ending does not matter."""
    (tmp_path / "paper.bin").write_bytes(PDF)
    label, part = read_attachment(context_of(), str(tmp_path / "paper.bin"))
    assert label == f"{tmp_path}/paper.bin:"
    assert isinstance(part, dict)
    assert b64decode(str(part.pop("data"))) == PDF
    assert part == {"type": "document", "media_type": "application/pdf", "name": "paper.bin"}


def test_a_pdf_on_standard_input_has_no_name() -> None:
    """There is no file to name."""
    _, part = read_attachment(context_of(PDF), "-")
    assert isinstance(part, dict)
    assert sorted(part) == ["data", "media_type", "type"]


def test_sound_is_a_part() -> None:
    """Its format is known by its first bytes."""
    label, part = file_pieces("talk.wav", WAV)
    assert label == "talk.wav:"
    assert isinstance(part, dict)
    assert (part["type"], part["media_type"]) == ("audio", "audio/wav")


def test_an_encrypted_pdf_is_sent_with_a_note(tmp_path: Path) -> None:
    """Some providers open it if its password is empty, so that it is only a warning."""
    errors = Stream()
    (tmp_path / "a.pdf").write_bytes(PDF + b"trailer << /Encrypt 5 0 R >>")
    context = Context(Console(None, errors, {}), {}, Stream())
    assert len(read_attachment(context, str(tmp_path / "a.pdf"))) == 2
    assert "a.pdf is encrypted, and providers may reject it" in errors.text


def test_a_text_file_is_named_and_fenced() -> None:
    """The model knows where it begins and ends; stray bytes survive."""
    assert file_pieces("a.md", b"one\ncaf\xe9\n") == ["a.md:\n```\none\ncaf\udce9\n```"]


def test_a_fence_is_longer_than_those_within() -> None:
    """A file with fences of its own does not end early."""
    assert file_pieces("a.md", b"```\ncode\n```") == ["a.md:\n````\n```\ncode\n```\n````"]


def test_an_svg_is_text() -> None:
    """Whatever models make of it."""
    assert file_pieces("x.svg", b"<svg/>") == ["x.svg:\n```\n<svg/>\n```"]


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("x.png", "an image"),
        ("a/photo.JPG", "an image"),
        ("paper.pdf", "a PDF"),
        ("talk.mp3", "sound"),
    ],
)
@pytest.mark.parametrize(
    ("data", "found"),
    [(b"not found", "text"), (b"\n<!DOCTYPE html><p>Not found", "a web page")],
)
def test_text_that_is_called_something_else(name: str, what: str, data: bytes, found: str) -> None:
    """Such as a page that says "not found"."""
    with pytest.raises(CommandFailed) as caught:
        file_pieces(name, data)
    message = f"{name} has the name of {what} but contains {found}: download or save it again"
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
        (b"II*\0\x08\0", "x is a TIFF image: models accept PNG, JPEG, GIF and WebP: convert"),
        (b"BM\x36\0\0\0", "x is a BMP image: "),
        (b"\0\0\0\x20ftypheic\0", "x is a HEIC image: "),
        (b"\0\0\0\x20ftypavif\0", "x is an AVIF image: "),
        (b"\0\0\0\x20ftypisom\0", "x is a video: models accept no video: send its sound"),
        (b"RIFF\x24\0\0\0AVI LIST", "x is a video: "),
        (b"\x1a\x45\xdf\xa3\0\0matroska", "x is a video: "),
        (b"PK\3\4\x14\0", "x is an archive or an office document: extract its text"),
        (b"\x1f\x8b\x08\0", "x is compressed: "),
        (b"\x7fELF\2\1\1\0", "x cannot be sent: it is neither text, an image, a PDF nor sound"),
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


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (PNG, "x has 0.0 MiB; the limit for an image is 22 MiB: make it smaller, or pass its URL"),
        (PDF, "x has 0.0 MiB; the limit for a PDF is 22 MiB: send some of its pages (qpdf"),
        (WAV, "x has 0.0 MiB; the limit for sound is 22 MiB: send a part of it, or compress it"),
    ],
)
def test_a_file_that_is_too_large_in_base64(
    monkeypatch: pytest.MonkeyPatch, data: bytes, expected: str
) -> None:
    """The limit is in the size that people know, and the message says what to do."""
    monkeypatch.setattr(attachments, "MAX_BYTES", 10)
    with pytest.raises(CommandFailed) as caught:
        file_pieces("x", data)
    assert caught.value.message.startswith(expected)


def test_a_pdf_of_50_mb(tmp_path: Path) -> None:
    """It is not read whole; its size and the way out are in the message."""
    file = tmp_path / "big.pdf"
    with file.open("wb") as stream:
        stream.write(PDF)
        stream.truncate(50 * 2**20)
    with pytest.raises(CommandFailed) as caught:
        read_attachment(context_of(), str(file))
    assert caught.value.message.startswith(
        f"{file} has 50.0 MiB; the limit for a PDF is 22 MiB: send some of its pages"
    )


def test_parts_of_a_message() -> None:
    """Texts that follow each other become one part; images stay where they stood."""
    image: dict[str, object] = {"type": "image", "url": "https://x"}
    assert pieces_to_parts(["look", "a.png:", image, "and", "this"]) == [
        {"type": "text", "text": "look\n\na.png:"},
        image,
        {"type": "text", "text": "and\n\nthis"},
    ]
