"""Writes the images and the sound of a reply to files. Imported only for them, or for `-o`.

No file is overwritten, and no name comes from a provider. What cannot be written to its place is
written to the directory for temporary files: it has been paid for.
"""

import os
import struct
import tempfile
import time
from binascii import a2b_base64
from collections.abc import Iterator
from pathlib import Path

from aircher_cli.console import Console
from aircher_cli.exit_codes import CommandFailed
from aircher_cli.values import Map, as_map, records, text
from aircher_wire.media import HEAD_BYTES, media_type_of

SUFFIXES: dict[str, str] = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "audio/mpeg": ".mp3",
    "audio/wav": ".wav",
    "audio/flac": ".flac",
    "audio/ogg": ".ogg",
    "audio/aac": ".aac",
    "audio/mp4": ".m4a",
    "audio/aiff": ".aiff",
    "audio/webm": ".webm",
}
"""Media type -> suffix of a file's name; for anything else it is `.bin`."""

RAW_SOUND = ("audio/pcm", "audio/l16", "audio/raw", "audio/pcm16")
"""Sound without a head: 16 bits, one channel, little-endian, as all vendors send it."""

RAW_RATE = 24_000
"""Samples per second of raw sound that does not say so."""

MAX_NAMES = 10_000
"""Names that are tried before writing is given up."""


def check_output(output: str) -> None:
    """Check, before anything is paid for, that `-o` names a new file or a directory.

    Raises:
        CommandFailed: it does not.
    """
    path = Path(output)
    directory = path if path.is_dir() or output.endswith("/") else path.parent
    if path != directory and os.path.lexists(path):
        raise CommandFailed(f"{output} already exists: choose another name, or a directory")
    if not directory.is_dir():
        raise CommandFailed(f"cannot write {output}: there is no directory {directory}")
    if not os.access(directory, os.W_OK | os.X_OK):
        raise CommandFailed(f"cannot write to {directory}: Permission denied")


def media_parts(result: Map) -> list[Map]:
    """Return the images and the sound in a reply that are data, not URLs."""
    content = as_map(result.get("message")).get("content")
    return [
        part
        for part in records(content)
        if part.get("type") in {"image", "audio"} and part.get("data")
    ]


def write_media(result: Map, output: str | None) -> tuple[list[Map], list[str]]:
    """Write the images and the sound of a reply; `output` is a file, a directory, or None.

    Returns:
        A record `{path, media_type, bytes}` for each file, and what went wrong.
    """
    files: list[Map] = []
    problems: list[str] = []
    for part in media_parts(result):
        what = "the image" if part["type"] == "image" else "the sound"
        data, media_type = _decode(part)
        if not data:
            problems.append(f"{what} cannot be saved: its data is not base64")
            continue
        try:
            path = _write_new(_names(output, media_type), data)
        except OSError as error:
            path, problem = _rescue(what, data, media_type, error)
            problems.append(problem)
        if path:
            files.append({"path": path, "media_type": media_type, "bytes": len(data)})
    return files, problems


def save_media(console: Console, result: Map, output: str | None) -> tuple[list[Map], bool]:
    """Write the images and the sound of a reply, and report it on standard error.

    Returns:
        The records of `write_media`, and whether everything was written as requested.
    """
    files, problems = write_media(result, output)
    if output and not (files or problems):
        problems = [f"the answer has no image or sound: {output} was not written"]
    for problem in problems:
        console.note(f"aircher-cli: {problem}")
    for file in files:
        console.note(describe_file(file))
    return files, not problems


def describe_file(file: Map) -> str:
    """Return a line about a written file."""
    size = int(str(file["bytes"]))
    amount = f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(1, round(size / 1000))} kB"
    return f"wrote {file['path']} ({amount})"


# ------------------------------------------------------------------ the data


def _decode(part: Map) -> tuple[bytes, str]:
    """Return the data and its media type: by the first bytes, else as the provider says."""
    try:
        data = a2b_base64(text(part.get("data")))
    except ValueError:
        return b"", ""
    claimed = text(part.get("media_type")).lower()
    bare = claimed.partition(";")[0].strip()
    found = media_type_of(data[:HEAD_BYTES])
    # Raw sound may begin with any bytes, also with those of a frame of MP3 or AAC.
    if bare in RAW_SOUND and found in {None, "audio/mpeg", "audio/aac"}:
        return _as_wav(data, claimed), "audio/wav"
    return data, found or bare or "application/octet-stream"


def _as_wav(data: bytes, media_type: str) -> bytes:
    """Return raw sound with the head of a WAV file, so that programs can play it."""
    rate = RAW_RATE
    for parameter in media_type.split(";")[1:]:
        name, _, value = parameter.strip().partition("=")
        if name == "rate" and value.isdecimal() and 0 < int(value) < 1_000_000:
            rate = int(value)
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16)
    body = form + struct.pack("<4sI", b"data", len(data)) + data
    return struct.pack("<4sI4s", b"RIFF", len(body) + 4, b"WAVE") + body


# ------------------------------------------------------------------ the files


def _names(output: str | None, media_type: str) -> Iterator[Path]:
    """Yield the names to try: the requested one, then the same with a number."""
    suffix = SUFFIXES.get(media_type, ".bin")
    path = Path(output or ".")
    if path.is_dir():
        path /= time.strftime("aircher-%Y-%m-%d-%H%M%S")
    else:
        suffix = path.suffix or suffix
        path = path.with_suffix("")
    yield path.with_name(path.name + suffix)
    for number in range(2, MAX_NAMES):
        yield path.with_name(f"{path.name}-{number}{suffix}")


def _write_new(names: Iterator[Path], data: bytes) -> str:
    """Write a new file under the first name that is free, and return it.

    Raises:
        OSError: it cannot be written; then there is no file.
    """
    for name in names:
        try:
            descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        except FileExistsError:
            continue
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
        except BaseException:
            name.unlink()  # half an image is of no use
            raise
        return str(name)
    raise FileExistsError(0, "all names are taken")


def _rescue(what: str, data: bytes, media_type: str, error: OSError) -> tuple[str, str]:
    """Write to the directory for temporary files; return the path, empty on failure, and why."""
    place = f"cannot write {error.filename or what}: {error.strerror}"
    try:
        folder = tempfile.gettempdir()
        path = _write_new(_names(folder, media_type), data)
    except OSError:
        return "", f"{place}; {what} is lost"
    return path, place
