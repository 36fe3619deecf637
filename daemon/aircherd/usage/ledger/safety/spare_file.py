"""A file of fixed size beside the ledger, in two halves: appended to, read back, released.

    page 0        magic; how many attempts were lost, and when: fits in the page that is there
    two halves    frames: length, checksum, generation, then a record

The room is reserved on the disk when the file is made, so an append needs no free block when the
disk is full. (A file system that copies on write may refuse it all the same.) Nothing is synced: an
append survives the end of this process, a loss of power may take it.

A half is released by making its first frame invalid; old frames behind a new one belong to another
generation. So neither the file's size nor its blocks ever change.
"""

import os
import stat
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from aircher_wire.directories import make_private_directory

HALF_BYTES = 1 << 20
PAGE = 4096
SIZE = PAGE + 2 * HALF_BYTES
MAGIC = b"airspar1"

_HEADER = struct.Struct("<8sQd")
_FRAME = struct.Struct("<IIQ")
_END = bytes(_FRAME.size)


class SpareFile:
    """The file, open for reading and writing. Every method but `close` may raise `OSError`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1
        self._generation = 0
        self._positions = [0, 0]  # bytes used of each half
        self._half = 0  # the one that is appended to

    @property
    def is_open(self) -> bool:
        """Whether the file can be used."""
        return self._descriptor >= 0

    @property
    def used(self) -> tuple[int, ...]:
        """The halves with records."""
        return tuple(half for half in range(2) if self._positions[half])

    def open(self) -> None:
        """Open the file, and create it with its full size.

        Raises:
            OSError: it cannot be created, or there is no room for it.
        """
        make_private_directory(self._path.parent)
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
        descriptor = os.open(self._path, flags, 0o600)
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise FileExistsError("it is not a file: move it away")
            os.fchmod(descriptor, 0o600)
            _reserve(descriptor, found)
        except OSError:
            os.close(descriptor)
            raise
        self._descriptor = descriptor

    def close(self) -> None:
        """Close the file; its content stays."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    # -------------------------------------------------------------- records

    def read(self) -> list[bytes]:
        """Return the records of both halves; new ones go into a half without any."""
        found: list[tuple[int, list[bytes]]] = []
        for half in range(2):
            frames = list(self._frames(half))
            generation = frames[0][0] if frames else 0
            self._positions[half] = sum(len(data) + _FRAME.size for _, data in frames)
            found.append((generation, [data for _, data in frames]))
        self._generation = max(generation for generation, _ in found)
        self._half = 0 if not self._positions[0] else 1
        return [data for _, records in sorted(found) for data in records]

    def append(self, record: bytes) -> int | None:
        """Append a record; return the half that has it, None if both are full."""
        half = self._half_for(len(record) + _FRAME.size + len(_END))
        if half is None:
            return None
        if not self._positions[half]:
            self._generation += 1
        checksum = zlib.crc32(record, self._generation & 0xFFFFFFFF)
        frame = _FRAME.pack(len(record), checksum, self._generation)
        self._write(self._start(half) + self._positions[half], frame + record + _END)
        self._positions[half] += len(frame) + len(record)
        self._half = half
        return half

    def release(self, half: int) -> None:
        """Forget the records of a half: they are in the ledger."""
        if self._positions[half]:
            self._write(self._start(half), _END)
            self._positions[half] = 0

    # -------------------------------------------------------------- losses

    def loss(self) -> tuple[int, float]:
        """Return how many attempts were lost, and the Unix time of the last; (0, 0) if none."""
        magic, lost, at = _HEADER.unpack(os.pread(self._descriptor, _HEADER.size, 0))
        return (lost, at) if magic == MAGIC else (0, 0.0)

    def record_loss(self, lost: int, at: float) -> None:
        """Record that attempts were lost: the ledger cannot be written."""
        self._write(0, _HEADER.pack(MAGIC, lost, at))

    # -------------------------------------------------------------- helpers

    def _half_for(self, size: int) -> int | None:
        for half in (self._half, 1 - self._half):
            is_next = half == self._half or not self._positions[half]
            if is_next and self._positions[half] + size <= HALF_BYTES:
                return half
        return None

    def _frames(self, half: int) -> Iterator[tuple[int, bytes]]:
        if not any(os.pread(self._descriptor, _FRAME.size, self._start(half))):
            return  # as after a clean end
        content = os.pread(self._descriptor, HALF_BYTES, self._start(half))
        position, expected = 0, None
        while position + _FRAME.size <= len(content):
            length, checksum, generation = _FRAME.unpack_from(content, position)
            position += _FRAME.size
            data = content[position : position + length]
            is_valid = length and len(data) == length and expected in (None, generation)
            if not is_valid or zlib.crc32(data, generation & 0xFFFFFFFF) != checksum:
                return
            yield generation, data
            position, expected = position + length, generation

    def _write(self, position: int, data: bytes) -> None:
        if os.pwrite(self._descriptor, data, position) != len(data):
            raise OSError("only a part was written")

    @staticmethod
    def _start(half: int) -> int:
        return PAGE + half * HALF_BYTES

    def __repr__(self) -> str:
        return f"<SpareFile {self._path}, {self._positions} bytes used>"


def _reserve(descriptor: int, found: os.stat_result) -> None:
    """Give the file its size and its blocks, once."""
    if found.st_size == SIZE and found.st_blocks * 512 >= SIZE:
        return
    if found.st_size != SIZE:
        os.ftruncate(descriptor, SIZE)
    allocate = getattr(os, "posix_fallocate", None)
    if allocate is not None:
        allocate(descriptor, 0, SIZE)
        return
    with suppress(OSError):  # macOS: written instead
        for position in range(0, SIZE, PAGE):
            if not os.pread(descriptor, PAGE, position).strip(b"\0"):
                os.pwrite(descriptor, bytes(PAGE), position)
