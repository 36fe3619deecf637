"""What the tests of the service share."""

from pathlib import Path

import pytest

from helpers.daemon.cli import Stream
from helpers.systemd.fake_systemctl import FakeSystemctl


@pytest.fixture
def systemctl(tmp_path: Path) -> FakeSystemctl:
    """A `systemctl` that answers from a table."""
    return FakeSystemctl(tmp_path / "fake")


@pytest.fixture
def out() -> Stream:
    """What a command prints."""
    return Stream()
