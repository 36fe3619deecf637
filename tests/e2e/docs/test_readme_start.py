"""The first command of the README, in a copy of this checkout, as someone types it who has nothing.

Packages come from `.wheels`, so that nothing is downloaded.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

from helpers.daemon.real_daemon import home as open_home
from helpers.docs.blocks import ROOT, blocks_of, read
from helpers.required import missing

WHEELS = ROOT / ".wheels"
NOT_COPIED = shutil.ignore_patterns(
    *(".git", ".venv", ".wheels", "node_modules", "__pycache__", ".*_cache", ".hypothesis")
)


@pytest.mark.timeout(300)
def test_the_first_command(tmp_path: Path) -> None:
    """It installs aircher and runs the demo, and leaves nothing behind but `.venv`."""
    if not list(WHEELS.glob("hatchling-*.whl")):
        missing("wheels", ".venv/bin/pip download --dest .wheels . hatchling pip")
    command = next(b.text for b in blocks_of(read("README.md")) if "aircher-cli demo" in b.text)
    checkout = tmp_path / "aircher"
    shutil.copytree(ROOT, checkout, ignore=NOT_COPIED)
    before = {path.name for path in checkout.iterdir()}
    with open_home({"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(WHEELS)}) as home:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=checkout,
            env=home.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
        left = {path.name for path in home.root.iterdir()}
    assert done.returncode == 0, done.stdout + done.stderr
    assert "That was all." in done.stdout
    assert {path.name for path in checkout.iterdir()} - before == {".venv"}
    assert not left & {".aircher", "config", "data", "state"}
