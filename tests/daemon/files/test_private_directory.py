"""The daemon's directories are closed to other users, or refused."""

import grp
import os
import pwd
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from aircher_wire.address import AddressError
from aircherd.files.private_directory import (
    check_directories,
    check_home,
    prepare_own_directory,
)

US = os.getuid()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    made = tmp_path / "aircher"
    made.mkdir(mode=0o700)
    return made


@pytest.fixture(autouse=True)
def shared_group(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the user's group have another member."""
    group = SimpleNamespace(gr_name=pwd.getpwuid(US).pw_name, gr_mem=["another"])
    monkeypatch.setattr(grp, "getgrgid", lambda _gid: group)


def test_a_missing_directory_is_created(tmp_path: Path) -> None:
    """With mode 0700, and its parents as well."""
    prepare_own_directory(tmp_path / "a" / "b", US)
    assert (mode(tmp_path / "a"), mode(tmp_path / "a" / "b")) == (0o700, 0o700)


@pytest.mark.parametrize("open_mode", [0o755, 0o750, 0o711, 0o704])
def test_a_readable_directory_is_closed(directory: Path, open_mode: int) -> None:
    """The earlier aircher created its data directory with the umask."""
    directory.chmod(open_mode)
    with capture_logs() as logs:
        prepare_own_directory(directory, US)
    assert mode(directory) == 0o700
    assert [entry["event"] for entry in logs] == ["directory_closed"]


def test_a_private_directory_is_left_as_it_is(directory: Path) -> None:
    """Nothing is logged."""
    with capture_logs() as logs:
        prepare_own_directory(directory, US)
    assert logs == []


@pytest.mark.parametrize("open_mode", [0o777, 0o1777, 0o770, 0o702, 0o720])
def test_a_directory_that_others_may_write_is_refused(directory: Path, open_mode: int) -> None:
    """What is in it may be theirs; the message has the command that closes it."""
    directory.chmod(open_mode)
    with pytest.raises(AddressError, match=f"mode {open_mode:04o}.*chmod 700 {directory}"):
        prepare_own_directory(directory, US)
    assert mode(directory) == open_mode
    with pytest.raises(AddressError, match=f"chmod 700 {directory}"):
        check_home(directory, US)


def test_a_directory_that_others_may_replace_is_refused(directory: Path) -> None:
    """They may write in the one above it."""
    directory.parent.chmod(0o777)
    with pytest.raises(
        AddressError, match=rf"could replace {directory}: .*go-w {directory.parent}"
    ):
        prepare_own_directory(directory, US)
    directory.parent.chmod(0o755)


def test_a_group_of_the_user_alone_may_write(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many systems give each user a group and the umask 0002."""
    group = SimpleNamespace(gr_name=pwd.getpwuid(US).pw_name, gr_mem=[])
    monkeypatch.setattr(grp, "getgrgid", lambda _gid: group)
    directory.chmod(0o775)
    check_home(directory, US)
    prepare_own_directory(directory, US)
    assert mode(directory) == 0o700


def test_a_group_without_a_name_is_not_the_users_own(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For example in a container."""

    def fail(gid: int) -> None:
        raise KeyError(gid)

    monkeypatch.setattr(grp, "getgrgid", fail)
    directory.chmod(0o770)
    with pytest.raises(AddressError, match="chmod 700"):
        prepare_own_directory(directory, US)


def test_a_directory_of_another_user_is_refused(directory: Path) -> None:
    """The message has the command that takes it over."""
    with pytest.raises(AddressError, match=f"sudo chown -R {US + 1} {directory}"):
        prepare_own_directory(directory, US + 1)


def test_a_directory_that_cannot_be_created_is_explained(tmp_path: Path) -> None:
    """A message, not an errno."""
    (tmp_path / "file").touch()
    with pytest.raises(AddressError, match=f"cannot create {tmp_path}/file/a: Not a directory"):
        prepare_own_directory(tmp_path / "file" / "a", US)


def test_a_link_to_a_directory_is_followed(directory: Path, tmp_path: Path) -> None:
    """Data may be on another disk; the link's target is checked."""
    (tmp_path / "link").symlink_to(directory)
    prepare_own_directory(tmp_path / "link", US)
    directory.chmod(0o777)
    with pytest.raises(AddressError, match="other users may write"):
        prepare_own_directory(tmp_path / "link", US)


def test_a_readable_home_gets_a_warning(directory: Path) -> None:
    """Dotfiles often are readable: its mode stays."""
    directory.chmod(0o755)
    with capture_logs() as logs:
        check_home(directory, US)
    assert [(entry["event"], entry["hint"]) for entry in logs] == [
        ("home_readable", f"chmod 700 {directory}")
    ]
    assert mode(directory) == 0o755


def test_only_directories_that_exist_are_checked(directory: Path, tmp_path: Path) -> None:
    """Those for logs and the cache are created when they are needed."""
    check_directories(tmp_path / "home", [tmp_path / "cache"])
    assert not (tmp_path / "cache").exists()
    directory.chmod(0o777)
    with pytest.raises(AddressError, match="other users may write"):
        check_directories(tmp_path / "home", [directory])
