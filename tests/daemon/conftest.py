"""Fixtures for tests of the daemon's packages."""

import tempfile
from pathlib import Path

import pytest


@pytest.fixture
def environ():
    """The environment of a temporary home with paths short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="air") as root:
        (Path(root) / "run").mkdir(mode=0o700)
        yield {
            "HOME": root,
            "XDG_RUNTIME_DIR": f"{root}/run",
            "XDG_DATA_HOME": f"{root}/data",
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",  # not the user's own keyring
        }
