"""Whether other users could have written a configuration file."""

import os
import stat
from pathlib import Path

import pytest

from aircherd.config import ownership
from aircherd.config.ownership import distrust_reason

ME, OTHER, ROOT = 1000, 1001, 0
MY_GROUP, STAFF = 1000, 50
OWN_GROUPS = {(MY_GROUP, ME), (0, ROOT)}
"""Groups with a single member, and that member."""


def status(*, mode: int, uid: int = ME, gid: int = MY_GROUP) -> os.stat_result:
    """Return the status of a regular file."""
    return os.stat_result((stat.S_IFREG | mode, 1, 1, 1, uid, gid, 0, 0, 0, 0))


@pytest.fixture(autouse=True)
def groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the system's groups."""
    monkeypatch.setattr(ownership, "is_own_group", lambda gid, uid: (gid, uid) in OWN_GROUPS)


@pytest.mark.parametrize(
    "found",
    [
        status(mode=0o600),
        status(mode=0o644),
        status(mode=0o644, gid=STAFF),
        status(mode=0o664),
        status(mode=0o444, uid=ROOT, gid=ROOT),
        status(mode=0o644, uid=ROOT, gid=STAFF),
        status(mode=0o664, uid=ROOT, gid=ROOT),
    ],
)
def test_a_file_that_only_the_user_and_root_can_write_is_trusted(found: os.stat_result) -> None:
    """Others may read it, and the user's private group has no other member."""
    assert distrust_reason(Path("/c.toml"), found, ME) is None


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (status(mode=0o646), ("(mode 0646)", "run: chmod go-w '/a b.toml'")),
        (status(mode=0o664, gid=STAFF), ("(mode 0664)", "run: chmod go-w '/a b.toml'")),
        (status(mode=0o666, uid=ROOT), ("(mode 0666)", "run: sudo chmod go-w '/a b.toml'")),
        (
            status(mode=0o600, uid=OTHER),
            ("belongs to another user (uid 1001)", "sudo chown 1000 '/a b.toml'"),
        ),
    ],
)
def test_a_file_that_others_can_write_is_refused_with_the_cure(
    found: os.stat_result, expected: tuple[str, str]
) -> None:
    """It could name a command that the daemon runs."""
    reason = distrust_reason(Path("/a b.toml"), found, ME)
    assert reason is not None
    assert (expected[0] in reason[0], expected[1] in reason[1]) == (True, True), reason
    assert "run commands" in reason[0]
