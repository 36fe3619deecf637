"""A directory that cannot be written: by its mode, or for root by a mount."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def read_only(directory: Path) -> Iterator[None]:
    """Nothing can be written in `directory`, which exists, within the context.

    The test is skipped where root may not mount.
    """
    if os.geteuid():
        directory.chmod(0o500)
        try:
            yield
        finally:
            directory.chmod(0o700)
        return
    done = _mount("--bind", str(directory), str(directory))
    if done.returncode:
        pytest.skip(f"root may not mount here: {done.stderr.strip()}")
    try:
        assert not _mount("-o", "remount,ro,bind", str(directory)).returncode
        yield
    finally:
        # What has the directory open keeps the mount, so it must be writable again.
        _mount("-o", "remount,rw,bind", str(directory))
        subprocess.run(["umount", "--lazy", directory], check=True)


def _mount(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["mount", *arguments], check=False, capture_output=True, text=True)
