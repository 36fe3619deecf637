"""Input that may never end."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aircher_cli import standard_input
from aircher_cli.exit_codes import NO_PROVIDER, CommandFailed
from aircher_cli.standard_input import left_in_file, read_descriptor


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    yield reader, writer
    for fd in (reader, writer):
        try:
            os.close(fd)
        except OSError:
            continue  # the test has closed it


def read(fd: int, limit: int = 100, until: float | None = None) -> tuple[bytes, int]:
    """Read, and count the notices."""
    notices: list[None] = []
    data = read_descriptor(fd, limit, until=until, on_wait=lambda: notices.append(None))
    return data, len(notices)


def test_reads_to_the_end(pipe: tuple[int, int]) -> None:
    """Without a notice if that comes at once."""
    os.write(pipe[1], b"one\ntwo\n")
    os.close(pipe[1])
    assert read(pipe[0]) == (b"one\ntwo\n", 0)


@pytest.mark.parametrize(("limit", "expected"), [(3, b"1234"), (4, b"1234"), (0, b"1")])
def test_reads_no_more_than_a_byte_beyond_the_limit(
    pipe: tuple[int, int], limit: int, expected: bytes
) -> None:
    """Though there is more, and no end."""
    os.write(pipe[1], b"1234" if limit == 4 else b"123456")
    if limit == 4:
        os.close(pipe[1])
    assert read(pipe[0], limit) == (expected, 0)


def test_endless_input_is_not_kept() -> None:
    """`yes |` and /dev/zero have no end."""
    fd = os.open("/dev/zero", os.O_RDONLY)
    try:
        assert len(read(fd, 1_000_000)[0]) == 1_000_001
    finally:
        os.close(fd)


@pytest.mark.parametrize("blocks", [True, False])
def test_says_once_that_it_waits(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch, blocks: bool
) -> None:
    """Also where another process has set the input not to block."""
    monkeypatch.setattr(standard_input, "NOTICE_AFTER_SECONDS", 0.01)
    os.set_blocking(pipe[0], blocks)
    timer = threading.Timer(0.1, os.close, (pipe[1],))
    timer.start()
    assert read(pipe[0]) == (b"", 1)
    timer.join()


def test_a_trickle_is_input_that_does_not_end(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time counts from the beginning, not from the last byte."""
    monkeypatch.setattr(standard_input, "NOTICE_AFTER_SECONDS", 0.0)
    os.write(pipe[1], b"123456")
    assert read(pipe[0], 3) == (b"1234", 1)


def test_the_time_limit_ends_it(pipe: tuple[int, int]) -> None:
    """With the code and the exit code of a timeout, even while data comes."""
    os.write(pipe[1], b"x")
    with pytest.raises(CommandFailed, match="did not end within --timeout") as caught:
        read(pipe[0], until=time.monotonic() + 0.01)
    assert (caught.value.code, caught.value.exit_code) == ("timeout", NO_PROVIDER)


def test_what_is_left_in_a_file_that_was_read_before(tmp_path: Path, pipe: tuple[int, int]) -> None:
    """A shell reads a line and leaves the position behind it; a pipe has no position."""
    (tmp_path / "x").write_bytes(b"one\ntwo\n")
    fd = os.open(tmp_path / "x", os.O_RDONLY)
    try:
        assert left_in_file(fd) is None
        os.read(fd, 4)
        assert left_in_file(fd) == 4
        os.read(fd, 4)
        assert left_in_file(fd) == 0
    finally:
        os.close(fd)
    assert left_in_file(pipe[0]) is None
    assert left_in_file(fd) is None
