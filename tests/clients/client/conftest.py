"""A fake daemon for every test of the client library."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.daemon.fake_daemon import FakeDaemon


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[FakeDaemon]:
    """A fake daemon; the test's clients must be closed before it ends."""
    fake = FakeDaemon(tmp_path / "run" / "a.sock")
    yield fake
    fake.close()
    fake.join()
