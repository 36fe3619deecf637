"""Directories, files with keys, the earlier aircher and the disk."""

import os
import subprocess
from pathlib import Path

import pytest

from aircher_cli.commands.doctor.directories import (
    directory_findings,
    disk_findings,
    file_system,
    network_findings,
    old_file_findings,
    own_directories,
    secret_findings,
    space_findings,
    syntax_findings,
)
from aircher_cli.commands.doctor.finding import Finding
from aircher_wire.directories import OPEN_TO_OTHERS, WRITABLE_BY_OTHERS

UID = os.getuid()


def shown(found: list[Finding]) -> list[tuple[str, str]]:
    return [(each.status, each.cure) for each in found]


def test_own_directories_are_those_of_the_environment() -> None:
    """Their names are those of the daemon's paths."""
    environ = {"HOME": "/h", "XDG_RUNTIME_DIR": "/r"}
    assert own_directories(environ) == {
        "home": "/h/.aircher",
        "data": "/h/.local/share/aircher",
        "state": "/h/.local/state/aircher",
        "conversations": "/h/.local/state/aircher/conversations",
        "cache": "/h/.cache/aircher",
        "runtime": "/r/aircher",
    }
    assert "runtime" not in own_directories({**environ, "AIRCHER_SOCKET": "/tmp/a.sock"})


def test_directory_for_all_users_is_left_alone(tmp_path: Path) -> None:
    """A variable may name any directory, and its mode may be right for others."""
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o1777)
    own = "choose a directory of your own"
    assert shown(directory_findings({"home": str(folder)}, UID, "")) == [("problem", own)]
    ((_, cure),) = shown(directory_findings({"home": str(folder)}, UID + 1, ""))
    assert cure.startswith(own)


@pytest.mark.parametrize("exists", [True, False])
def test_directory_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exists: bool
) -> None:
    """The daemon could not start; the home is only read."""
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    folder = tmp_path / "data"
    if exists:
        folder.mkdir(mode=0o700)
    cure = f"chmod u+rwx {folder if exists else tmp_path}"
    assert shown(directory_findings({"data": str(folder)}, UID, "")) == [("problem", cure)]
    assert shown(directory_findings({"home": str(folder)}, UID, "")) == [("ok", "")]


@pytest.mark.parametrize(
    ("mode", "status"),
    [(0o700, "ok"), (0o750, "warning"), (0o755, "warning"), (0o777, "problem"), (0o720, "problem")],
)
def test_directory_by_its_mode(tmp_path: Path, mode: int, status: str) -> None:
    """Others may not write in it, and had better not read."""
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(mode)
    (found,) = directory_findings({"data": str(folder)}, UID, "")
    assert (found.status, found.cure) == (status, "" if status == "ok" else f"chmod 700 {folder}")


def test_directory_that_its_owner_cannot_use(tmp_path: Path) -> None:
    """Restored from a backup, for example."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o500)
    assert shown(directory_findings({"data": str(folder)}, UID, "")) == [
        ("problem", f"chmod 700 {folder}")
    ]
    folder.chmod(0o700)


def test_directory_of_another_user_and_a_file_in_its_place(tmp_path: Path) -> None:
    """The classic accident is `sudo -E`."""
    folder, file = tmp_path / "aircher" / "data", tmp_path / "state"
    folder.mkdir(mode=0o700, parents=True)
    file.touch()
    found = directory_findings({"data": str(folder)}, UID + 1, "")
    assert shown(found) == [("problem", f"sudo chown -R {UID + 1} {folder}")]
    found = directory_findings({"state": str(file)}, UID, "")
    assert shown(found) == [("problem", f"mv {file} {file}.old")]


def test_root_does_not_take_over_the_files_of_a_user(tmp_path: Path) -> None:
    """With `sudo -E`, HOME is still the user's."""
    folder, file = tmp_path / "data", tmp_path / "keys.json"
    folder.mkdir(mode=0o700)
    file.touch()
    if UID == 0:
        os.chown(folder, 12345, -1)
        os.chown(file, 12345, -1)
    cure = "run this without sudo, or with 'sudo -H'"
    assert shown(directory_findings({"data": str(folder)}, 0, "")) == [("problem", cure)]
    assert shown(secret_findings([(str(file), 0o077)], 0, "")) == [("problem", cure)]


def test_missing_directories_are_fine(tmp_path: Path) -> None:
    """They are created when they are needed."""
    (found,) = directory_findings({"data": str(tmp_path / "gone")}, UID, "")
    assert (found.status, found.message.startswith("all 0 ")) == ("ok", True)


@pytest.mark.parametrize(
    ("mode", "forbidden", "status"),
    [
        (0o600, OPEN_TO_OTHERS, "ok"),
        (0o640, OPEN_TO_OTHERS, "problem"),
        (0o644, WRITABLE_BY_OTHERS, "ok"),
        (0o664, WRITABLE_BY_OTHERS, "problem"),
    ],
)
def test_file_with_keys_by_its_mode(tmp_path: Path, mode: int, forbidden: int, status: str) -> None:
    """The list of keys has none, but decides where they go."""
    file = tmp_path / "aircher" / "credentials.json"
    file.parent.mkdir()
    file.touch()
    file.chmod(mode)
    (found,) = secret_findings([(str(file), forbidden)], UID, "")
    assert (found.status, found.cure) == (status, "" if status == "ok" else f"chmod 600 {file}")
    (found,) = secret_findings([(str(file), forbidden)], UID + 1, "")
    assert (found.status, found.cure) == ("problem", f"sudo chown {UID + 1} {file}")
    assert shown(secret_findings([(str(tmp_path / "gone"), 0o777)], UID, "")) == [("ok", "")]


@pytest.mark.parametrize("new", [".aircher/config.toml", ".local/share/aircher/keys.json"])
@pytest.mark.parametrize("old", [".config/aircher/auth.json", ".aircher/auth.json"])
def test_files_of_the_earlier_aircher(tmp_path: Path, old: str, new: str) -> None:
    """Only until this one has a configuration or keys."""
    places = (
        {"HOME": str(tmp_path)},
        str(tmp_path / ".aircher/config.toml"),
        str(tmp_path / ".local/share/aircher/keys.json"),
    )
    assert old_file_findings(*places) == []
    for file, expected in ((old, [("warning", "aircher-cli migrate")]), (new, [])):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
        assert shown(old_file_findings(*places)) == expected


@pytest.mark.parametrize(
    ("content", "status", "text"),
    [
        (b"a = 1\n", "ok", "is TOML"),
        (b"\na = canary\n", "problem", "line 2"),
        (b"\xff", "problem", "is not a UTF-8 text"),
        (None, "ok", "there is no "),
    ],
)
def test_configuration_without_a_daemon(
    tmp_path: Path, content: bytes | None, status: str, text: str
) -> None:
    """Only its syntax; nothing of it is shown."""
    file = tmp_path / "config.toml"
    if content is not None:
        file.write_bytes(content)
    (found,) = syntax_findings(str(file))
    assert (found.status, text in found.message, "canary" in found.message) == (status, True, False)
    (found,) = syntax_findings(str(tmp_path))
    assert (found.status, found.cure) == ("problem", f"ls -l {tmp_path}")


@pytest.mark.parametrize(
    ("free", "status", "size"),
    [
        (5_000_000_000, "ok", "5.0 GB"),
        (100_000_000, "warning", "100 MB"),
        (1_000_000, "problem", "1 MB"),
        (0, "problem", "0 MB"),
    ],
)
def test_free_space(free: int, status: str, size: str) -> None:
    """The ledger needs little, but it needs that."""
    (found,) = space_findings("/data", free)
    assert (found.status, found.message) == (status, f"{size} are free for /data")


def test_network_file_system() -> None:
    """A local one says nothing."""
    assert network_findings("/data", "ext4") == []
    (found,) = network_findings("/data", "nfs4")
    assert (found.status, "(nfs4)" in found.message) == ("warning", True)


MOUNTS = """\
22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
30 22 0:40 / /home rw shared:1 - nfs4 server:/home rw
31 22 0:41 / /home/me/local\\040disk rw - xfs /dev/sdb rw
odd line
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib", "ext4"),
        ("/home", "nfs4"),
        ("/home/me/.local/share", "nfs4"),
        ("/homer", "ext4"),
        ("/home/me/local disk/data", "xfs"),
    ],
)
def test_file_system_of_a_path_is_that_of_the_nearest_mount(path: str, kind: str) -> None:
    """By whole names."""
    assert file_system(path, MOUNTS) == kind
    assert file_system(path, "") == ""


def test_disk_of_a_directory_that_does_not_exist_yet(tmp_path: Path) -> None:
    """It is that of the nearest directory above it."""
    found = disk_findings(str(tmp_path / "a" / "b"), MOUNTS)
    assert found[0].check == "disk"


@pytest.mark.parametrize("name", ["with a space", "it's", "$HOME"])
def test_commands_can_be_pasted_whatever_the_path(tmp_path: Path, name: str) -> None:
    """A shell that runs the cure changes the mode of this folder and of this file."""
    folder = tmp_path / name
    folder.mkdir(mode=0o755)
    file = folder / "credentials.json"
    file.write_text("{}")
    file.chmod(0o644)
    found = directory_findings({"data": str(folder)}, UID, "")
    found += secret_findings([(str(file), OPEN_TO_OTHERS)], UID, "")
    for each in found:
        subprocess.run(["sh", "-c", each.cure], check=True)
    assert directory_findings({"data": str(folder)}, UID, "")[0].status == "ok"
    assert secret_findings([(str(file), OPEN_TO_OTHERS)], UID, "")[0].status == "ok"
