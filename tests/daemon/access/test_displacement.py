"""A program in the daemon's place: found, recorded, and reported to clients of the next daemon."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from aircherd.access.displacement import (
    KEEP_SECONDS,
    Displacement,
    find_successor,
    read_record,
    record,
    unseen_notice,
)

PROGRAM = """
import socket, sys
sock = socket.socket(socket.AF_UNIX)
sock.bind(sys.argv[1])
sock.listen()
print("ready", flush=True)
input()
"""


def test_the_program_that_listens(tmp_path: Path) -> None:
    """With its process and program; the message says that it is one of the user's own."""
    path = tmp_path / "s"
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        found = find_successor(path)
        process.kill()
    assert found is not None
    assert (found.pid, found.program) == (process.pid, os.path.realpath(sys.executable))
    assert f"process {process.pid} ({found.program}) took the place" in found.message
    assert "it runs as you" in found.message


def test_no_other_program(tmp_path: Path) -> None:
    """The file is gone, is no socket, has no process behind it, or is our own again."""
    (tmp_path / "file").touch()
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(tmp_path / "dead"))
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(tmp_path / "ours"))
        sock.listen()
        names = ("missing", "file", "dead", "ours")
        assert [find_successor(tmp_path / name) for name in names] == [None] * 4


def test_a_record_is_reported_once(tmp_path: Path) -> None:
    """A later one is reported again."""
    shown = tmp_path / "shown"
    first = Displacement(time.time() - 60, 7, "/bin/nc")
    record(tmp_path, first)
    before = unseen_notice(tmp_path, shown)
    shown.touch()
    after = unseen_notice(tmp_path, shown)
    record(tmp_path, Displacement(time.time() + 60, 8))
    again = unseen_notice(tmp_path, shown)
    assert (before, after) == (first.message, None)
    assert again is not None
    assert "process 8 took" in again


def test_records_that_are_not_used(tmp_path: Path) -> None:
    """None, a damaged one, and an old one."""
    none = read_record(tmp_path)
    record(tmp_path, Displacement(time.time() - KEEP_SECONDS - 1, 7))
    old = read_record(tmp_path)
    (tmp_path / "displaced.json").write_text("{")
    assert (none, old, read_record(tmp_path), unseen_notice(tmp_path, tmp_path)) == (None,) * 4
