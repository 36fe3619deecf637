"""Which files are aircher's, and their removal."""

import os
from pathlib import Path

import pytest

from aircher_cli.commands.uninstall.own_files import find_places, remove_place

OURS = (
    "home/.aircher/config.toml",
    "home/.aircher/environment",
    "home/.aircher/.config.toml.aircher-x1y2",
    "home/.aircher/backup-2026-11-29-2/config.toml",
    "home/.aircher/run/0123abcd.sock.lock",
    "home/.aircher/run/0123abcd.http.sock",
    "home/.aircher/run/0123abcd.extra.sock",
    "data/aircher/keys.json",
    "data/aircher/keys.json.damaged-1",
    "data/aircher/.cooldowns.json.tmp",
    "data/aircher/ledger.db",
    "data/aircher/ledger.db-wal",
    "data/aircher/ledger.db.damaged-20261130-1",
    "data/aircher/ledger.spare",
    "data/aircher/audit.jsonl.2",
    "data/aircher/chat_history",
    "data/aircher/proof",
    "state/aircher/aircherd.log.1",
    "state/aircher/shown-old_home",
    "state/aircher/forwarded-0123abcd",
    "state/aircher/picker.json",
    "state/aircher/project-files.json",
    "state/aircher/conversations/tea/part.json",
    "home/.cache/aircher/catalog/models_dev.json",
    "run/aircher/aircher.sock.lock",
    "run/aircher/http.sock",
    "run/aircher/extra.sock",
)
"""One of each kind; docs/files.md has them all, and the first hour's test leaves them."""

OTHERS = (
    "home/.aircher/notes.md",
    "home/.aircher/backup-2026-11-29-2/letter.txt",
    "home/.aircher/backup-mine/config.toml",
    "data/aircher/my.db",
    "state/aircher/aircherd.logbook",
)


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "home").mkdir()
    return {
        "HOME": f"{tmp_path}/home",
        "XDG_DATA_HOME": f"{tmp_path}/data",
        "XDG_STATE_HOME": f"{tmp_path}/state",
        "XDG_RUNTIME_DIR": f"{tmp_path}/run",
    }


def write(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")


def remove(environ: dict[str, str], *, keep_keys: bool = False) -> dict[str, str]:
    """Remove everything, and return what was kept, with the reason."""
    kept: dict[str, str] = {}
    for place in find_places(environ, keep_keys=keep_keys):
        remove_place(place)
        kept |= {str(path): reason for path, reason in place.kept}
    return kept


def left(root: Path) -> set[str]:
    """Return the files and links that are there."""
    found = [path for path in root.rglob("*") if path.is_symlink() or not path.is_dir()]
    return {path.relative_to(root).as_posix() for path in found}


def test_nothing_of_ours_is_left(tmp_path: Path, environ: dict[str, str]) -> None:
    """Files and directories go, the user's home stays."""
    write(tmp_path, *OURS)
    assert remove(environ) == {}
    remains = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    assert remains == {"home", "home/.cache", "data", "state", "run"}


def test_what_is_not_ours_is_kept_and_named(tmp_path: Path, environ: dict[str, str]) -> None:
    """A file of the user among ours keeps its directories."""
    write(tmp_path, *OURS, *OTHERS)
    kept = remove(environ)
    assert left(tmp_path) == set(OTHERS)
    named = {Path(path).relative_to(tmp_path).as_posix() for path in kept}
    assert named == {*OTHERS[:2], "home/.aircher/backup-mine", *OTHERS[3:]}
    assert set(kept.values()) == {"it is not from aircher"}


def test_no_link_is_followed(tmp_path: Path, environ: dict[str, str]) -> None:
    """A link to a file, or to a directory, goes; its target stays, and is named."""
    write(tmp_path, "dotfiles/config.toml", "disk/aircher/ledger.db", "dotfiles/x/a.json")
    (tmp_path / "home/.aircher").mkdir()
    (tmp_path / "home/.aircher/config.toml").symlink_to(tmp_path / "dotfiles/config.toml")
    (tmp_path / "home/.aircher/backup-2026-11-29").symlink_to(tmp_path / "dotfiles/x")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/aircher").symlink_to(tmp_path / "disk/aircher")
    kept = remove(environ)
    targets = {"dotfiles/config.toml", "disk/aircher/ledger.db", "dotfiles/x/a.json"}
    assert left(tmp_path) == targets
    named = {Path(path).relative_to(tmp_path).as_posix() for path in kept}
    assert named == {"dotfiles/config.toml", "disk/aircher", "dotfiles/x"}


def test_a_name_of_ours_that_is_a_directory_is_kept(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    """And so is what is in it."""
    write(tmp_path, "home/.aircher/config.toml/mine", "data/aircher/ledger.db/mine")
    assert len(remove(environ)) == 2
    assert len(left(tmp_path)) == 2


def test_keys_can_be_kept(tmp_path: Path, environ: dict[str, str]) -> None:
    """The list of those in the keyring, and the file of the others."""
    names = ("data/aircher/keys.json", "data/aircher/credentials.json")
    write(tmp_path, *OURS, *names)
    kept = remove(environ, keep_keys=True)
    assert left(tmp_path) == {*names, "data/aircher/keys.json.damaged-1"}
    assert set(kept.values()) == {"your keys need it"}


def test_other_homes_are_kept(tmp_path: Path, environ: dict[str, str]) -> None:
    """Each home is removed with its own AIRCHER_HOME, the last one with all directories."""
    own = environ | {"AIRCHER_HOME": f"{tmp_path}/other"}
    [folder] = [place.directory for place in find_places(own, keep_keys=False)][3:4]
    write(tmp_path, "data/aircher/ledger.db", f"{folder.relative_to(tmp_path)}/ledger.db")
    kept = remove(environ)
    assert list(kept) == [f"{tmp_path}/data/aircher/homes"]
    assert left(tmp_path) == {f"{folder.relative_to(tmp_path)}/ledger.db"}
    assert remove(own) == {}
    assert list((tmp_path / "data").iterdir()) == []


def test_a_home_that_is_the_users_own(tmp_path: Path, environ: dict[str, str]) -> None:
    """AIRCHER_HOME may be $HOME: it is never removed, however empty."""
    write(tmp_path, "home/config.toml")
    remove(environ | {"AIRCHER_HOME": environ["HOME"]})
    assert list((tmp_path / "home").iterdir()) == []


def test_a_socket_elsewhere(tmp_path: Path, environ: dict[str, str]) -> None:
    """The directory of AIRCHER_SOCKET, and what else is in it, is not ours."""
    write(tmp_path, "tmp/a.sock", "tmp/a.sock.lock", "tmp/a.http.sock", "tmp/b")
    write(tmp_path, "tmp/aircher-run-123/gemini.json")
    assert remove(environ | {"AIRCHER_SOCKET": f"{tmp_path}/tmp/a.sock"}) == {}
    assert left(tmp_path) == {"tmp/b"}


def test_a_directory_that_cannot_be_changed(tmp_path: Path, environ: dict[str, str]) -> None:
    """What stays is named, with the reason."""
    write(tmp_path, "data/aircher/ledger.db")
    places = find_places(environ, keep_keys=False)
    (tmp_path / "data/aircher/ledger.db").unlink()
    os.mkdir(tmp_path / "data/aircher/ledger.db")  # noqa: PTH102 -- in its place, meanwhile
    for place in places:
        remove_place(place)
    [(path, reason)] = [each for place in places for each in place.kept]
    assert path.name == "ledger.db"
    assert reason.startswith("it cannot be removed: ")


def test_a_socket_in_the_home_is_found_once(tmp_path: Path, environ: dict[str, str]) -> None:
    """What is shown before the question is the number of files."""
    names = ("config.toml", "run/0123abcd.sock", "run/0123abcd.sock.lock")
    write(tmp_path, *(f"home/.aircher/{name}" for name in names))
    environ["AIRCHER_SOCKET"] = f"{tmp_path}/home/.aircher/run/0123abcd.sock"
    found = [path for place in find_places(environ, keep_keys=False) for path in place.files]
    assert sorted(found) == [tmp_path / "home/.aircher" / name for name in names]
    assert remove(environ) == {}
    assert not (tmp_path / "home/.aircher").exists()
