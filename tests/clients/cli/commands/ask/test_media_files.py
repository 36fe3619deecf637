"""Writing the images and the sound of a reply."""

import errno
import os
import re
import tempfile
import wave
from base64 import b64encode
from pathlib import Path

import pytest

from aircher_cli.commands.ask import media_files
from aircher_cli.commands.ask.media_files import (
    check_output,
    describe_file,
    save_media,
    write_media,
)
from aircher_cli.console import Console
from aircher_cli.exit_codes import CommandFailed
from helpers.daemon.cli import Stream

Map = dict[str, object]
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
DEFAULT_NAME = re.compile(r"aircher-\d{4}-\d\d-\d\d-\d{6}(-\d+)?\.(\w+)")


def part(data: bytes, media_type: str | None = None, kind: str = "image") -> Map:
    return {"type": kind, "data": b64encode(data).decode(), "media_type": media_type}


def result_of(*parts: Map) -> Map:
    return {"message": {"role": "assistant", "content": [*parts]}}


@pytest.fixture(autouse=True)
def empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run in an empty directory, with another one for temporary files."""
    work, temporary = tmp_path / "work", tmp_path / "temporary"
    work.mkdir()
    temporary.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    return work


def test_files_in_the_current_directory() -> None:
    """Each has a name of its own, which no provider has chosen."""
    picture = part(PNG, "../../etc/passwd")
    files, problems = write_media(result_of(picture, picture, picture), None)
    assert problems == []
    assert {(file["media_type"], file["bytes"]) for file in files} == {("image/png", len(PNG))}
    names = sorted(file.name for file in Path().iterdir())
    assert sorted(str(file["path"]) for file in files) == names
    assert len(names) == 3
    for name in names:
        found = DEFAULT_NAME.fullmatch(name)
        assert found is not None
        assert found[2] == "png"
        assert Path(name).read_bytes() == PNG


@pytest.mark.parametrize(
    ("data", "media_type", "kind", "suffix"),
    [
        (PNG, "image/jpeg", "image", ".png"),
        (b"\xff\xd8\xff\xe0", None, "image", ".jpg"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/pcm", "audio", ".wav"),
        (b"ID3\4", "audio/mpeg", "audio", ".mp3"),
        (b"xyz", "image/webp", "image", ".webp"),
        (b"xyz", "image/x-holo; a=b", "image", ".bin"),
        (b"xyz", "a/../../b", "image", ".bin"),
        (b"xyz", None, "audio", ".bin"),
    ],
)
def test_the_suffix(data: bytes, media_type: str | None, kind: str, suffix: str) -> None:
    """The first bytes decide, then the media type; what is unknown is `.bin`."""
    [file], _ = write_media(result_of(part(data, media_type, kind)), None)
    assert str(file["path"]).endswith(suffix)


@pytest.mark.parametrize(
    ("media_type", "rate"),
    [
        ("audio/L16;codec=pcm;rate=16000", 16000),
        ("audio/pcm", 24000),
        ("audio/L16; rate=many", 24000),
    ],
)
def test_raw_sound_becomes_a_wav_file(media_type: str, rate: int) -> None:
    """Programs can play it; its first bytes mean nothing."""
    samples = b"\xff\xfb\1\0" * 4
    [file], _ = write_media(result_of(part(samples, media_type, "audio")), "a.wav")
    with wave.open(str(file["path"])) as sound:
        assert (sound.getframerate(), sound.getsampwidth(), sound.getnchannels()) == (rate, 2, 1)
        assert sound.readframes(100) == samples


def test_names_of_the_user(tmp_path: Path) -> None:
    """A file, a file without a suffix, a directory; further images get a number."""
    two = result_of(part(PNG), part(PNG))
    Path("cat-2.png").write_text("mine")
    files, _ = write_media(two, "cat.png")
    assert [file["path"] for file in files] == ["cat.png", "cat-3.png"]
    assert Path("cat-2.png").read_text() == "mine"
    files, _ = write_media(two, "dog")
    assert [file["path"] for file in files] == ["dog.png", "dog-2.png"]
    [file, _] = write_media(two, str(tmp_path))[0]
    assert Path(str(file["path"])).parent == tmp_path


def test_a_dangling_link_is_not_followed() -> None:
    """It counts as a file that exists."""
    Path("cat.png").symlink_to("elsewhere")
    with pytest.raises(CommandFailed, match=r"cat\.png already exists"):
        check_output("cat.png")
    [file], _ = write_media(result_of(part(PNG)), "cat.png")
    assert file["path"] == "cat-2.png"
    assert not Path("elsewhere").exists()


def test_other_content_is_not_written() -> None:
    """Neither text, nor an image by URL, nor data that cannot be decoded."""
    parts: tuple[Map, ...] = (
        {"type": "text", "text": "hi"},
        {"type": "image", "url": "https://x/a.png"},
        {"type": "image", "data": "a"},
    )
    files, problems = write_media(result_of(*parts), None)
    assert (files, list(Path().iterdir())) == ([], [])
    assert problems == ["the image cannot be saved: its data is not base64"]


def test_a_full_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Half an image is removed, and the whole goes to the directory for temporary files."""
    real = os.fdopen

    def fdopen(descriptor: int, mode: str) -> object:
        file = real(descriptor, mode)
        if Path(f"/proc/self/fd/{descriptor}").resolve().parent == tmp_path / "work":
            os.close(os.dup(descriptor))
            monkeypatch.setattr(media_files.os, "fdopen", real)
            file.close()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return file

    monkeypatch.setattr(media_files.os, "fdopen", fdopen)
    [file], problems = write_media(result_of(part(PNG)), "cat.png")
    assert problems == ["cannot write the image: No space left on device"]
    assert Path(str(file["path"])).parent == tmp_path / "temporary"
    assert Path(str(file["path"])).read_bytes() == PNG
    assert list(Path().iterdir()) == []


def test_no_directory_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loss is reported."""
    monkeypatch.setattr(tempfile, "tempdir", "/no/such")
    files, problems = write_media(result_of(part(PNG, kind="audio")), "no/such/cat.png")
    assert files == []
    assert problems == [
        "cannot write no/such/cat.png: No such file or directory; the sound is lost"
    ]


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("old.png", "old.png already exists: choose another name, or a directory"),
        ("no/cat.png", "cannot write no/cat.png: there is no directory no"),
        ("no/", "cannot write no/: there is no directory no"),
    ],
)
def test_outputs_that_cannot_be_written(output: str, message: str) -> None:
    """The error comes before anything is paid for."""
    Path("old.png").write_text("mine")
    with pytest.raises(CommandFailed) as caught:
        check_output(output)
    assert message == caught.value.message


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_directory_without_permission(tmp_path: Path) -> None:
    """The directory is named."""
    (tmp_path / "work").chmod(0o500)
    with pytest.raises(CommandFailed, match=r"cannot write to \.: Permission denied"):
        check_output("cat.png")


@pytest.mark.parametrize("output", ["new.png", "new", ".", "../work/"])
def test_outputs_that_can_be_written(output: str) -> None:
    """A new file in a directory, or the directory."""
    check_output(output)


@pytest.mark.parametrize(
    ("size", "expected"), [(20, "1 kB"), (640_400, "640 kB"), (3_140_000, "3.1 MB")]
)
def test_describe_file(size: int, expected: str) -> None:
    """The name and the size."""
    assert describe_file({"path": "a.png", "bytes": size}) == f"wrote a.png ({expected})"


def test_what_is_reported() -> None:
    """Each file on a line; with `-o`, an answer without files is a failure."""
    errors = Stream()
    console = Console(None, errors, {})
    assert save_media(console, result_of(part(PNG)), "cat.png")[1]
    assert save_media(console, result_of(), None) == ([], True)
    assert save_media(console, result_of(), "dog.png") == ([], False)
    assert errors.text.splitlines() == [
        "wrote cat.png (1 kB)",
        "aircher-cli: the answer has no image or sound: dog.png was not written",
    ]
