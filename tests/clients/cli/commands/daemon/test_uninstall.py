"""`aircher-cli daemon uninstall`."""

import json
from pathlib import Path

import pytest

from helpers.daemon.cli import run_cli
from helpers.systemd.fake_systemctl import FakeSystemctl


@pytest.fixture
def systemctl(tmp_path: Path) -> FakeSystemctl:
    """A `systemctl` that answers from a table, and an installed service."""
    made = FakeSystemctl(tmp_path / "fake")
    assert run_cli(made.environ, "daemon", "install", "--no-start").code == 0
    return made


def test_it_says_what_it_kept(systemctl: FakeSystemctl) -> None:
    """Config and keys stay; a second time there is nothing to do."""
    (systemctl.folder / "home" / ".aircher").mkdir()
    outcome = run_cli(systemctl.environ, "daemon", "uninstall")
    assert outcome.code == 0
    assert outcome.out.splitlines() == [
        "✓ removed ~/.config/systemd/user/aircherd.socket",
        "✓ removed ~/.config/systemd/user/aircherd.service",
        "kept ~/.aircher, and your keys; 'aircher-cli uninstall' removes all",
    ]
    outcome = run_cli(systemctl.environ, "daemon", "uninstall")
    assert (outcome.code, outcome.out) == (0, "nothing to do: no service is installed\n")


def test_json(systemctl: FakeSystemctl) -> None:
    """A script learns whether something changed, and what was kept."""
    record = json.loads(run_cli(systemctl.environ, "daemon", "uninstall", "--json").out)
    assert (record["changed"], len(record["steps"]), record["kept"]) == (True, 2, [])
    record = json.loads(run_cli(systemctl.environ, "daemon", "uninstall", "--json").out)
    assert record["changed"] is False
