"""The socket's address: one daemon per user and home, in a private directory."""

import os
import pwd
import sys
from pathlib import Path

import pytest

from aircher_wire import address
from aircher_wire.address import AddressError, check_directory, check_length

HOME = {"HOME": "/home/ann"}
OTHER = HOME | {"AIRCHER_HOME": "/srv/second"}
RUNTIME = {"XDG_RUNTIME_DIR": "/run/user/7"}


def find(environ: dict[str, str], *, has_run_user: bool = False) -> str:
    asked = []

    def is_private(directory: str, uid: int) -> bool:
        asked.append((directory, uid))
        return has_run_user

    found = address.find_socket(environ, uid=7, hostname="box", is_private=is_private)
    assert asked in ([], [("/run/user/7", 7)])
    return found


@pytest.mark.parametrize(
    ("environ", "has_run_user", "expected"),
    [
        (HOME | {"AIRCHER_SOCKET": "/x/y.sock"} | RUNTIME, True, "/x/y.sock"),
        (HOME | {"AIRCHER_SOCKET": "~/y.sock"}, True, "/home/ann/y.sock"),
        (HOME | {"AIRCHER_SOCKET": ""} | RUNTIME, False, "/run/user/7/aircher/aircher.sock"),
        (HOME | {"XDG_RUNTIME_DIR": "/r/"}, True, "/r/aircher/aircher.sock"),
        (HOME | {"XDG_RUNTIME_DIR": "relative"}, True, "/run/user/7/aircher/aircher.sock"),
        (HOME, True, "/run/user/7/aircher/aircher.sock"),
        (HOME, False, "/home/ann/.aircher/run/26f8567f.sock"),
        (OTHER, False, "/srv/second/run/26f8567f.sock"),
        (OTHER, True, "/run/user/7/aircher/5f80ec7a.sock"),
        (OTHER | RUNTIME, False, "/run/user/7/aircher/5f80ec7a.sock"),
        (
            HOME | {"AIRCHER_HOME": "~/.aircher/"} | RUNTIME,
            False,
            "/run/user/7/aircher/aircher.sock",
        ),
        (HOME | {"AIRCHER_HOME": ""} | RUNTIME, False, "/run/user/7/aircher/aircher.sock"),
    ],
)
def test_the_socket_is_found(environ: dict[str, str], has_run_user: bool, expected: str) -> None:
    """By the variable, the runtime directory or the home, in this order; each home has its own."""
    assert find(environ, has_run_user=has_run_user) == expected


def test_a_relative_socket_becomes_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It always starts with a slash, so it is never an abstract socket."""
    monkeypatch.chdir(tmp_path)
    assert find({"AIRCHER_SOCKET": "@x", "HOME": "/h"}) == f"{tmp_path}/@x"


@pytest.mark.parametrize(
    ("main", "expected"),
    [
        ("/run/user/7/aircher/aircher.sock", "/run/user/7/aircher/http.sock"),
        ("/run/user/7/aircher/0a1b2c3d.sock", "/run/user/7/aircher/0a1b2c3d.http.sock"),
        ("/tmp/mine", "/tmp/mine.http.sock"),
        ("/tmp/http.sock", "/tmp/http.http.sock"),
    ],
)
def test_the_socket_for_http_is_beside_the_daemons(main: str, expected: str) -> None:
    """No two daemons have the same."""
    assert address.http_socket(main) == expected


def test_socket_path_matches_find_socket() -> None:
    """Both agree; uid and host default to this process's."""
    environ = HOME | RUNTIME
    assert address.socket_path(environ) == Path("/run/user/7/aircher/aircher.sock")
    away = address.socket_path(HOME, is_private=lambda _directory, _uid: False)
    assert away.parent == Path("/home/ann/.aircher/run")


def test_a_symlink_to_the_default_home_is_the_default_home(tmp_path: Path) -> None:
    """A home is identified by its resolved path."""
    (tmp_path / ".aircher").mkdir()
    (tmp_path / "dots").symlink_to(tmp_path / ".aircher")
    environ = {"HOME": str(tmp_path), "AIRCHER_HOME": str(tmp_path / "dots")}
    assert address.home_hash(environ) is None
    assert address.home_hash(environ | {"AIRCHER_HOME": str(tmp_path)}) is not None


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        (HOME, "/home/ann/.aircher"),
        (HOME | {"AIRCHER_HOME": "~/x"}, "/home/ann/x"),
        (HOME | {"AIRCHER_HOME": "/a/../b"}, "/b"),
    ],
)
def test_home(environ: dict[str, str], expected: str) -> None:
    """The home is absolute and expanded."""
    assert address.aircher_home(environ) == Path(expected)


@pytest.mark.parametrize(
    ("environ", "shown"),
    [
        (HOME, "~/.aircher/environment"),
        (HOME | {"AIRCHER_HOME": "~/x"}, "~/x/environment"),
        (HOME | {"AIRCHER_HOME": "/home/anna/x"}, "/home/anna/x/environment"),
        ({"HOME": "/", "AIRCHER_HOME": "/srv/a"}, "/srv/a/environment"),
    ],
)
def test_the_file_of_variables_as_messages_name_it(environ: dict[str, str], shown: str) -> None:
    """In the home that is in use, which may be another one than `~/.aircher`."""
    assert address.environment_file_as_shown(environ) == shown


def test_home_without_a_variable() -> None:
    """Without HOME the user database is used."""
    assert address.aircher_home({}).name == ".aircher"
    assert address.aircher_home({}).is_absolute()


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        (HOME, "/home/ann/.local/state/aircher/aircherd.log"),
        (HOME | {"XDG_STATE_HOME": "/state"}, "/state/aircher/aircherd.log"),
        (HOME | {"XDG_STATE_HOME": "state"}, "/home/ann/.local/state/aircher/aircherd.log"),
        (OTHER, "/home/ann/.local/state/aircher/homes/5f80ec7a/aircherd.log"),
    ],
)
def test_log(environ: dict[str, str], expected: str) -> None:
    """The log of a daemon that a client starts is in the user's state directory."""
    assert address.log_path(environ) == Path(expected)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        (HOME, "/home/ann/.local/share/aircher"),
        (HOME | {"XDG_DATA_HOME": "/data"}, "/data/aircher"),
        (HOME | {"XDG_DATA_HOME": "data"}, "/home/ann/.local/share/aircher"),
        (HOME | {"XDG_DATA_HOME": "/data//"}, "/data/aircher"),
        (OTHER, "/home/ann/.local/share/aircher/homes/5f80ec7a"),
    ],
)
def test_data(environ: dict[str, str], expected: str) -> None:
    """The data directory follows XDG_DATA_HOME; another home has its own."""
    assert address.data_directory(environ) == Path(expected)


@pytest.mark.parametrize(
    ("environ", "data", "log"),
    [
        (HOME, "Application Support/aircher", "Logs/aircher"),
        (
            OTHER,
            "Application Support/aircher/homes/5f80ec7a",
            "Logs/aircher/homes/5f80ec7a",
        ),
    ],
)
def test_macos_keeps_data_and_logs_in_the_library(
    environ: dict[str, str], data: str, log: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where Apple's guide has them."""
    monkeypatch.setattr(sys, "platform", "darwin")
    library = Path("/home/ann/Library")
    assert address.data_directory(environ) == library / data
    assert address.log_path(environ) == library / log / "aircherd.log"


@pytest.mark.parametrize("home", [None, "", "relative", "."])
def test_a_home_that_cannot_be_found_is_explained(
    home: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container's user often has neither HOME nor an entry in the user database."""
    monkeypatch.setattr(pwd, "getpwuid", _no_user)
    with pytest.raises(AddressError, match=r"no home directory.*Set HOME"):
        address.aircher_home({} if home is None else {"HOME": home})


def _no_user(uid: int) -> None:
    raise KeyError(uid)


def test_lock_files() -> None:
    """One lock is next to the socket, one in the data directory."""
    assert address.lock_files(HOME | RUNTIME) == (
        Path("/run/user/7/aircher/aircher.sock.lock"),
        Path("/home/ann/.local/share/aircher/aircherd.lock"),
    )


# ------------------------------------------------------------------------------- safety


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    made = tmp_path / "aircher"
    made.mkdir(mode=0o700)
    return made


def test_a_private_directory_passes(directory: Path) -> None:
    """It belongs to the user and is closed to others."""
    check_directory(directory, os.getuid())
    assert address.is_private_directory(str(directory), os.getuid())


@pytest.mark.parametrize("mode", [0o755, 0o710, 0o701, 0o777])
def test_a_directory_open_to_others_is_refused(directory: Path, mode: int) -> None:
    """Any permission for others is refused; the message says how to fix it."""
    directory.chmod(mode)
    with pytest.raises(AddressError, match=rf"open to other users \(mode {mode:04o}\).*chmod 700"):
        check_directory(directory, os.getuid())
    assert not address.is_private_directory(str(directory), os.getuid())


def test_a_symlink_is_refused(directory: Path, tmp_path: Path) -> None:
    """Even if it leads to a private directory."""
    (tmp_path / "link").symlink_to(directory)
    with pytest.raises(AddressError, match="is a symlink"):
        check_directory(tmp_path / "link", os.getuid())


def test_a_file_instead_of_the_directory_is_refused(tmp_path: Path) -> None:
    """The message says that it is not a directory."""
    (tmp_path / "file").touch(mode=0o600)
    with pytest.raises(AddressError, match="is not a directory"):
        check_directory(tmp_path / "file", os.getuid())


def test_a_directory_of_another_user_is_refused(directory: Path) -> None:
    """The message has both user ids."""
    us = os.getuid()
    with pytest.raises(AddressError, match=rf"belongs to user {us}, not to you \({us + 1}\)"):
        check_directory(directory, us + 1)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a directory away")
def test_root_moves_no_directory_of_another_user_away(directory: Path) -> None:
    """After `sudo -E` the advice must not break that user's daemon."""
    os.chown(directory, 12345, 12345)
    with pytest.raises(AddressError, match="run this as that user, or unset XDG_RUNTIME_DIR"):
        check_directory(directory, 0)


def test_a_missing_directory_raises_file_not_found(tmp_path: Path) -> None:
    """It means that no daemon ran yet, which is no error."""
    with pytest.raises(FileNotFoundError):
        check_directory(tmp_path / "none", os.getuid())
    assert not address.is_private_directory(str(tmp_path / "none"), os.getuid())


def test_a_directory_that_cannot_be_checked_is_refused(tmp_path: Path) -> None:
    """For example one below a file."""
    (tmp_path / "file").touch()
    with pytest.raises(AddressError, match="cannot use"):
        check_directory(tmp_path / "file" / "aircher", os.getuid())


def test_braces_in_a_path_are_kept(tmp_path: Path) -> None:
    """The name of a directory is not used as a format string."""
    directory = tmp_path / "{0}{x}"
    directory.mkdir(mode=0o755)
    with pytest.raises(AddressError, match=r"\{0\}\{x\}"):
        check_directory(directory, os.getuid())


def test_a_path_has_at_most_107_bytes() -> None:
    """Bytes count, not characters."""
    check_length("/" + "x" * 106)
    with pytest.raises(AddressError, match="has 108 bytes"):
        check_length("/" + "x" * 107)
    with pytest.raises(AddressError, match=r"has 121 bytes.*AIRCHER_SOCKET"):
        check_length("/" + "é" * 60)
