"""The environment file, and when it is refused."""

import os

import pytest

from aircherd.auth.variables.environment_file import MAX_BYTES, read_environment_file
from aircherd.vocabulary.secret import Secret

UID = os.getuid()


@pytest.fixture
def path(tmp_path):
    found = tmp_path / "environment"
    found.write_text("WORK_KEY=canary\n")
    found.chmod(0o600)
    return found


def test_private_file_is_read(path):
    """Its values are secrets, so no output shows them."""
    found = read_environment_file(path, UID)
    assert found.assignments.variables == {"WORK_KEY": Secret("canary")}
    assert (found.exists, found.refusal) == (True, None)
    assert "canary" not in repr(found)


def test_missing_file_is_empty(tmp_path):
    """So is a missing directory."""
    for path in (tmp_path / "environment", tmp_path / "gone" / "environment"):
        found = read_environment_file(path, UID)
        assert (found.exists, found.refusal, found.assignments.variables) == (False, None, {})


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
def test_file_that_others_can_use_is_refused_with_the_command(path, mode):
    """Its names are known, so that no older value is used instead."""
    path.chmod(mode)
    found = read_environment_file(path, UID)
    assert found.refusal == f"{path} is open to other users (mode {mode:04o}): chmod 600 {path}"
    assert (found.is_readable, list(found.assignments.variables)) == (True, ["WORK_KEY"])


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_mode_without_access_for_others_is_accepted(path, mode):
    """Read-only secrets are usual."""
    path.chmod(mode)
    assert read_environment_file(path, UID).refusal is None


def test_file_of_another_user_is_refused(path):
    """Its writer would decide which account pays."""
    found = read_environment_file(path, UID + 1)
    assert found.refusal == f"{path} belongs to another user (uid {UID}): move it away"


def test_link_is_followed_and_its_target_checked(path, tmp_path):
    """People keep their files elsewhere and link to them."""
    link = tmp_path / "link"
    link.symlink_to(path)
    assert read_environment_file(link, UID).assignments.variables
    path.chmod(0o644)
    assert "is open to other users" in (read_environment_file(link, UID).refusal or "")


def test_unreadable_content_is_refused(path, tmp_path):
    """A folder, a pipe, a circle of links, another encoding, far too much."""
    folder = tmp_path / "folder"
    folder.mkdir(mode=0o700)
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    assert "is not a file" in _refusal(folder)
    assert "is not a file" in _refusal(tmp_path / "pipe")
    assert "lead in a circle" in _refusal(tmp_path / "circle")
    path.write_bytes("WORK_KEY=ü".encode("latin-1"))
    assert "is not a UTF-8 text" in _refusal(path)
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    assert "is larger than 256 KiB" in _refusal(path)


def _refusal(path):
    found = read_environment_file(path, UID)
    assert not found.is_readable
    return found.refusal


def test_file_in_a_folder_that_others_can_write_is_refused(path):
    """They could replace it."""
    path.parent.chmod(0o777)
    found = read_environment_file(path, os.getuid())
    assert found.refusal == (
        f"{path} can be replaced by other users: other users may write in {path.parent} "
        f"(mode 0777): run: chmod go-w {path.parent}"
    )
