"""What tests of the daemon's packages share."""

import tempfile
from pathlib import Path

import pytest


@pytest.fixture
def environ():
    """A home of its own; its paths are short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="air") as root:
        (Path(root) / "run").mkdir(mode=0o700)
        yield {
            "HOME": root,
            "XDG_RUNTIME_DIR": f"{root}/run",
            "XDG_DATA_HOME": f"{root}/data",
        }
