"""Directories are private, and those of another user are refused before anything is written."""

import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from aircher_wire import directories
from aircher_wire.address import AddressError
from aircher_wire.directories import (
    check_ownership,
    failure_reason,
    make_private_directory,
    write_problem,
)

US = os.getuid()
OTHER = US + 1000


def test_missing_parents_are_private_too(tmp_path: Path) -> None:
    """Each directory that is created has mode 0700, with any umask."""
    old = os.umask(0)
    try:
        make_private_directory(tmp_path / "a" / "b" / "c")
    finally:
        os.umask(old)
    for created in ("a", "a/b", "a/b/c"):
        assert stat.S_IMODE((tmp_path / created).stat().st_mode) == 0o700


def test_an_existing_directory_keeps_its_mode(tmp_path: Path) -> None:
    """It may be the user's own choice."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a").chmod(0o755)
    make_private_directory(tmp_path / "a")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o755


def test_a_file_in_the_way_is_an_error(tmp_path: Path) -> None:
    """It is neither replaced nor written to."""
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        make_private_directory(tmp_path / "file" / "a")


@pytest.mark.skipif(US != 0, reason="only root can write in the directory of another user")
@pytest.mark.parametrize("name", ["", "a", "a/b"])
def test_root_creates_nothing_in_the_directory_of_another_user(tmp_path: Path, name: str) -> None:
    """`sudo -E`: its user could change it no more."""
    os.chown(tmp_path, OTHER, OTHER)
    with pytest.raises(PermissionError, match=f"belongs to user {OTHER}, and you are root"):
        make_private_directory(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "home"
    made.mkdir()
    return made


def test_own_directories_pass(home: Path) -> None:
    """Whether they exist or not, and those that the variables name as well."""
    check_ownership({"HOME": str(home)})
    (home / ".aircher").mkdir()
    check_ownership({"HOME": str(home), "XDG_DATA_HOME": str(home / "new/data")})
    check_ownership({"HOME": str(home), "XDG_RUNTIME_DIR": str(home)})


def test_an_own_home_below_directories_of_root_passes() -> None:
    """`/` and `/home` belong to root on every machine."""
    check_ownership({"HOME": "/aircher-tests-none"}, uid=OTHER)


def _give_away(*directories: Path) -> None:
    """Give directories to another user: only root can."""
    if US != 0:
        pytest.skip("only root can give directories to another user")
    for directory in directories:
        os.chown(directory, 12345, 12345)


def test_a_home_of_another_user_is_refused(home: Path) -> None:
    """As with `sudo -E`: the message has the variable, both users and the cures."""
    _give_away(home)
    with pytest.raises(AddressError) as caught:
        check_ownership({"HOME": str(home)})
    assert str(caught.value) == (
        f"HOME={home} belongs to user 12345, and you are user 0: run it as that user, or with "
        "'sudo -H', or set HOME to a directory of your own"
    )


def test_a_home_of_another_user_is_refused_although_its_folder_is_ours(home: Path) -> None:
    """An earlier `sudo` may have created it."""
    (home / ".aircher").mkdir()
    _give_away(home)
    with pytest.raises(AddressError, match=f"^HOME={home} belongs to user 12345"):
        check_ownership({"HOME": str(home)})


@pytest.mark.parametrize(
    ("variable", "foreign"),
    [
        ("AIRCHER_HOME", "x"),
        ("XDG_DATA_HOME", "x"),
        ("XDG_STATE_HOME", "x"),
        ("XDG_CACHE_HOME", "x"),
        ("XDG_RUNTIME_DIR", "x"),
        ("AIRCHER_HOME", "x/missing/deep"),
        ("XDG_DATA_HOME", "x/missing"),
    ],
)
def test_each_directory_of_another_user_is_refused(home: Path, variable: str, foreign: str) -> None:
    """Also one that does not exist yet, in a directory of another user."""
    (home / "x").mkdir()
    _give_away(home / "x")
    with pytest.raises(AddressError, match=rf"x belongs to user 12345.*{variable}|{variable}="):
        check_ownership({"HOME": str(home), variable: str(home / foreign)})


def test_a_folder_of_another_user_in_an_own_home_is_refused(home: Path) -> None:
    """The message names the folder, not the home."""
    folder = home / ".local"
    folder.mkdir()
    _give_away(folder)
    with pytest.raises(AddressError, match=f"^{folder} belongs to user 12345"):
        check_ownership({"HOME": str(home)})


def test_a_home_from_the_user_database_is_checked_too(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without HOME."""
    _give_away(home)
    monkeypatch.setattr("aircher_wire.address._home_in_user_database", lambda: str(home))
    with pytest.raises(AddressError, match=f"^the home directory {home} belongs to user 12345"):
        check_ownership({})


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("missing/home", "does not exist and cannot be created in .*"),
        ("file", "is not a directory"),
        ("file/below", "does not exist and cannot be created in .*/file"),
    ],
)
def test_a_home_that_cannot_be_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, problem: str
) -> None:
    """As that of the user of a service; not if data and log are elsewhere."""
    (home / "file").touch()
    monkeypatch.setattr("os.access", lambda *_: False)  # root could create anything
    environ = {"HOME": f"{home}/{name}"}
    with pytest.raises(AddressError, match=f"^HOME={home}/{name} {problem}: set HOME to a dir"):
        check_ownership(environ)
    elsewhere = {"XDG_DATA_HOME": str(home), "XDG_STATE_HOME": str(home)}
    check_ownership({**environ, **elsewhere})


def test_a_home_that_can_be_created_passes(home: Path) -> None:
    """Its directories are created with it."""
    check_ownership({"HOME": f"{home}/new"})


@pytest.mark.parametrize("name", ["missing", "file", "file/below"])
def test_a_runtime_directory_that_cannot_be_used_is_refused(home: Path, name: str) -> None:
    """The system creates XDG_RUNTIME_DIR; the message says how to go on without it."""
    (home / "file").touch()
    runtime = home / name
    with pytest.raises(AddressError, match=f"XDG_RUNTIME_DIR={runtime} .*: unset it, or set it"):
        check_ownership({"HOME": str(home), "XDG_RUNTIME_DIR": str(runtime)})


@pytest.mark.parametrize("more", [{"AIRCHER_SOCKET": "/x.sock"}, {"XDG_RUNTIME_DIR": "relative"}])
def test_a_runtime_directory_that_is_not_used_is_not_checked(
    home: Path, more: dict[str, str]
) -> None:
    """AIRCHER_SOCKET replaces it, and a relative path is ignored."""
    check_ownership({"HOME": str(home), "XDG_RUNTIME_DIR": "/aircher-tests-none", **more})


@pytest.mark.parametrize(
    ("prepare", "below", "reason"),
    [
        (Path.mkdir, "x/a", r": .*/x belongs to user \d+, and you are user 999$"),
        (lambda p: p.symlink_to("/aircher-tests-none"), "x", "is a symlink to a missing directory"),
    ],
)
def test_a_failure_is_explained(
    tmp_path: Path, prepare: Callable[[Path], None], below: str, reason: str
) -> None:
    """The owner and a broken link are the usual reasons."""
    prepare(tmp_path / "x")
    error = PermissionError(13, "Permission denied")
    message = failure_reason(tmp_path / below, error, 999)
    assert message.startswith("Permission denied: ")
    assert re.search(reason, message)


def test_a_failure_without_a_known_reason_has_the_systems(tmp_path: Path) -> None:
    """For example a read-only file system."""
    error = OSError(30, "Read-only file system")
    message = failure_reason(tmp_path / "x", error, US)
    assert message == "Read-only file system"


def test_a_directory_that_can_be_created_is_no_problem(tmp_path: Path) -> None:
    """Nor is one that exists."""
    assert write_problem(tmp_path / "a" / "b", "XDG_DATA_HOME", US) is None
    assert write_problem(tmp_path, "XDG_DATA_HOME", US) is None


@pytest.mark.parametrize(
    ("uid", "flags", "expected"),
    [
        (US, 0, ("is read-only", "chmod u+rwx {}")),
        (OTHER, 0, ("belongs to another user", "set XDG_DATA_HOME to a directory")),
        (
            US,
            os.ST_RDONLY,
            ("is on a read-only file system", "mount it writable, or set XDG_DATA_HOME"),
        ),
    ],
)
def test_a_directory_that_cannot_be_created_has_a_cure(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    uid: int,
    flags: int,
    expected: tuple[str, str],
) -> None:
    """It names what is in the way, which may be a parent."""
    monkeypatch.setattr(directories.os, "access", lambda _path, _mode: False)
    found = SimpleNamespace(f_flag=flags)
    monkeypatch.setattr(directories.os, "statvfs", lambda _path: found)
    shown = write_problem(tmp_path / "a" / "b", "XDG_DATA_HOME", uid)
    assert shown is not None
    assert shown[0] == f"{tmp_path} {expected[0]}"
    assert shown[1].startswith(expected[1].format(tmp_path))
