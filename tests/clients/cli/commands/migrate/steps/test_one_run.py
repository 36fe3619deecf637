"""Only one migration at a time."""

import errno

import pytest

from aircher_cli.commands.migrate.steps import one_run as locking
from aircher_cli.commands.migrate.steps.one_run import one_run
from aircher_cli.exit_codes import CommandFailed


def test_a_second_run_is_refused(tmp_path):
    """It says why; after the first one it can run, and no file is left."""
    with (
        one_run(tmp_path),
        pytest.raises(CommandFailed, match="migrate is running"),
        one_run(tmp_path),
    ):
        pytest.fail("two runs at the same time")
    with one_run(tmp_path):
        assert list(tmp_path.iterdir()) == []


def test_a_home_that_cannot_be_locked(tmp_path, monkeypatch):
    """A file system without locks, or a missing home, is no obstacle."""
    with one_run(tmp_path / "none"):
        pass

    def no_locks(_descriptor, _how):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(locking.fcntl, "flock", no_locks)
    with one_run(tmp_path):
        pass
