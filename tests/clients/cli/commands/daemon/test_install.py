"""`aircher-cli daemon install`."""

import json
from pathlib import Path

import pytest

from helpers.daemon.cli import run_cli
from helpers.systemd.fake_systemctl import FakeSystemctl


@pytest.fixture
def systemctl(tmp_path: Path) -> FakeSystemctl:
    """A `systemctl` that answers from a table."""
    return FakeSystemctl(tmp_path / "fake")


def test_each_step_is_a_line(systemctl: FakeSystemctl) -> None:
    """A second time it says that there is nothing to do."""
    outcome = run_cli(systemctl.environ, "daemon", "install", "--no-start")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.splitlines() == [
        "✓ wrote ~/.config/systemd/user/aircherd.service",
        "✓ wrote ~/.config/systemd/user/aircherd.socket",
        "✓ enabled aircherd.socket",
    ]
    systemctl.answer({"is-enabled": (0, "enabled")})
    outcome = run_cli(systemctl.environ, "daemon", "install", "--no-start")
    assert outcome.out == "nothing to do: the service is installed already\n"


def test_json(systemctl: FakeSystemctl) -> None:
    """A script learns whether something changed, and what."""
    outcome = run_cli(systemctl.environ, "daemon", "install", "--no-start", "--json")
    record = json.loads(outcome.out)
    assert (record["changed"], len(record["steps"]), record["notes"]) == (True, 3, [])


def test_no_systemd(systemctl: FakeSystemctl) -> None:
    """Exit code 1, and a message that says what to do."""
    systemctl.answer({"show-environment": (1, "Failed to connect to bus")})
    outcome = run_cli(systemctl.environ, "daemon", "install")
    assert (outcome.code, outcome.out) == (1, "")
    assert "loginctl enable-linger" in outcome.err


def test_output_fits_a_narrow_terminal(systemctl: FakeSystemctl) -> None:
    """Each line has at most 40 columns, but for paths, which can be copied."""
    environ = {**systemctl.environ, "COLUMNS": "40"}
    outcome = run_cli(environ, "daemon", "install", "--no-start")
    assert "  ~/.config/systemd/user/aircherd.service" in outcome.out.splitlines()
    assert max(len(line) for line in outcome.out.splitlines()) <= 42
