"""Whether a connection would start a service that the user stopped."""

import pytest

from aircher_cli.picker.live.service_state import may_connect
from aircher_client.systemd_socket import MARKER, SOCKET
from helpers.systemd.fake_systemctl import FakeSystemctl


@pytest.fixture
def systemctl(tmp_path):
    """A machine whose units were written by `daemon install`."""
    fake = FakeSystemctl(tmp_path / "fake")
    fake.unit_folder.mkdir(parents=True)
    unit = f"{MARKER}\n[Socket]\nListenStream=%t/aircher/aircher.sock\n"
    (fake.unit_folder / SOCKET).write_text(unit)
    return fake


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("active", True),
        ("reloading", True),
        ("deactivating", False),
        ("inactive", False),
        ("activating", False),
        ("failed", False),
    ],
)
def test_only_a_service_that_runs_may_be_connected_to(systemctl, state, expected):
    """A connection to one that stops would start it again."""
    systemctl.answer({"--property=ActiveState": (0, f"ActiveState={state}")})
    assert may_connect(systemctl.environ) is expected


def test_without_systemd_nothing_is_started(systemctl):
    """Units may be left from another login."""
    systemctl.answer({"show": (1, "Failed to connect to bus")})
    assert may_connect(systemctl.environ)


def test_without_a_service_systemd_is_not_asked(tmp_path):
    """The usual case, each second while the daemon is stopped."""
    fake = FakeSystemctl(tmp_path / "fake")
    assert may_connect(fake.environ)
    assert list(fake.calls) == []
