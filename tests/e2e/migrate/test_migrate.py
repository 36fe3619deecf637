"""`migrate` with a real daemon: every layout, repeated runs, and what can go wrong."""

import json
import os
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

from aircher_wire.address import find_socket
from helpers.daemon.real_daemon import Home, wait_until
from helpers.old_aircher.places import LAYOUTS, snapshot, write_files
from helpers.old_aircher.samples import (
    ALL_KEYS,
    CLAUDE,
    FORM_A,
    FORM_B,
    KEYS,
    OPENAI,
    PLAIN_CLAUDE,
    auth_json,
)

IS_ROOT = os.geteuid() == 0
PLACES = (".aircher", ".config", "Library")


def migrate(home: Home, *words: str) -> tuple[dict, int]:
    done = home.cli("migrate", "--json", *words)
    assert done.stderr == "", done.stderr
    assert not any(key in done.stdout for key in ALL_KEYS)
    return json.loads(done.stdout), done.returncode


def stored_keys(home: Home) -> dict[str, str]:
    """Return the keys in the credentials file, which is used without a keyring."""
    path = home.data / "credentials.json"
    text = path.read_text() if path.exists() else ""
    return {name: key for name, key in (("claude", CLAUDE), *KEYS.items()) if key in text}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_layout_is_carried_over(daemon, layout):
    """The new configuration is valid and in use, and a second run changes nothing."""
    write_files(daemon.root, LAYOUTS[layout])
    result, code = migrate(daemon)
    assert code == 0, result["notes"]
    assert result["config"]["action"] == "write"
    assert {key["outcome"] for key in result["keys"]} == {"stored"}
    checked = daemon.cli("config", "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    status = json.loads(daemon.cli("status", "--json").stdout)
    assert status["config"]["ok"]
    first = snapshot(daemon.root, *PLACES)
    result, code = migrate(daemon)
    assert code == 0
    assert result["config"]["action"] == "unchanged"
    # Keys that were in the configuration itself are in no old file any more.
    assert {key["outcome"] for key in result["keys"]} <= {"already"}
    assert snapshot(daemon.root, *PLACES) == first


@pytest.mark.parametrize("layout", LAYOUTS)
def test_removing_and_running_again(daemon, layout):
    """The old files are gone, data stays, and a further run finds nothing to do."""
    write_files(daemon.root, LAYOUTS[layout])
    migrate(daemon)
    result, code = migrate(daemon, "--remove-old", "--yes")
    assert code == 0, result["notes"]
    left = snapshot(daemon.root, *PLACES, ".local/share")
    assert not [name for name in left if "auth.json" in name or "permissions" in name]
    data = [name for name in LAYOUTS[layout] if name.endswith(".db")]
    assert set(data) <= set(left)
    result, code = migrate(daemon, "--remove-old", "--yes")
    assert (code, result.get("removed", [])) == (0, [])


def test_a_dry_run_changes_no_file(daemon):
    """Not even the times of files and folders."""
    write_files(daemon.root, LAYOUTS["home"])
    before = {p: p.stat().st_mtime_ns for p in (daemon.root / ".aircher").rglob("*")}
    result, code = migrate(daemon, "--dry-run")
    assert code == 0
    assert result["config"]["action"] == "would_write"
    assert {p: p.stat().st_mtime_ns for p in (daemon.root / ".aircher").rglob("*")} == before


def test_commands_name_the_cure_for_an_old_configuration(home):
    """With an old file at the new path, every command says so, once."""
    write_files(home.root, LAYOUTS["home"])
    home.start()
    done = home.cli("models", "list")
    assert "is a configuration of the earlier aircher" in done.stderr
    assert "carry it over: aircher-cli migrate" in done.stderr
    assert "is unknown" not in done.stderr
    asked = home.cli("ask", "hello")
    assert asked.returncode == 1
    assert "aircher-cli migrate" in asked.stderr
    assert home.cli("migrate").stderr == ""


def test_changes_after_a_migration_are_kept(daemon):
    """A later run does not undo what the user changed."""
    write_files(daemon.root, LAYOUTS["xdg"])
    migrate(daemon)
    with daemon.config_file.open("a") as file:
        file.write("\n[usage]\nkeep_days = 90\n")
    result, code = migrate(daemon)
    assert (code, result["config"]["action"]) == (0, "kept")
    assert "keep_days" in daemon.config_file.read_text()
    result, code = migrate(daemon, "--force")
    assert (code, result["config"]["action"]) == (0, "write")
    backup = Path(result["config"]["backup"]) / "config.toml"
    assert "keep_days" in backup.read_text()


def test_a_configuration_behind_a_link(daemon):
    """The link stays, and the file it leads to is replaced."""
    write_files(daemon.root, {"dotfiles/aircher.toml": FORM_B})
    (daemon.root / ".aircher").mkdir(mode=0o700)
    daemon.config_file.symlink_to(daemon.root / "dotfiles/aircher.toml")
    result, code = migrate(daemon, "--remove-old", "--yes")
    assert code == 0, result["notes"]
    assert daemon.config_file.is_symlink()
    assert PLAIN_CLAUDE not in (daemon.root / "dotfiles/aircher.toml").read_text()


def test_another_home(daemon):
    """AIRCHER_HOME has its own configuration; the old places are the user's."""
    other = daemon.root / "other"
    daemon.stop()
    daemon.environ["AIRCHER_HOME"] = str(other)
    daemon.socket = Path(find_socket(daemon.environ))
    daemon.start()
    write_files(daemon.root, LAYOUTS["home"])
    done = daemon.cli("migrate", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["config"]["file"] == str(other / "config.toml")
    assert (other / "config.toml").exists()
    assert daemon.config_file.read_text() == FORM_A


def test_a_key_that_cannot_be_stored_stays_in_the_backup(daemon):
    """It is reported, and not lost."""
    text = FORM_B.replace(PLAIN_CLAUDE, "sk-canary-ä-0123456789")
    write_files(daemon.root, {".aircher/config.toml": text})
    result, code = migrate(daemon)
    assert code == 1
    backup = Path(result["config"]["backup"]) / "config.toml"
    assert "sk-canary-ä-0123456789" in backup.read_text()
    assert any("other than printable ASCII" in note["message"] for note in result["notes"])


def test_damaged_files(daemon):
    """What is readable is carried over; the rest is reported with its line, without a traceback."""
    write_files(
        daemon.root,
        {
            ".config/aircher/config.toml": FORM_A + "\n[broken",
            ".config/aircher/auth.json": auth_json()[:-200] + b"\xff",
            ".config/aircher/permissions.toml": "[[",
        },
    )
    done = daemon.cli("migrate", "--remove-old", "--yes")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "config.toml:" in done.stdout
    assert "repair it and run again" in done.stdout
    assert (daemon.root / ".config/aircher/config.toml").exists()
    assert (daemon.root / ".config/aircher/auth.json").exists()
    assert "claude" in stored_keys(daemon)


@pytest.mark.parametrize("place", [".aircher", ".config/aircher"])
def test_a_damaged_file_is_repaired_and_carried_over_again(daemon, place):
    """The readable part is carried over; after the repair, the next run does the rest."""
    at = FORM_A.index("[providers.openai]") + 25
    broken = FORM_A[:at] + "= =\n" + FORM_A[at:]
    write_files(daemon.root, {f"{place}/config.toml": broken, f"{place}/auth.json": auth_json()})
    done = daemon.cli("migrate")
    assert done.returncode == 1
    named = next(word for word in done.stdout.split() if "config.toml:" in word)
    damaged = Path(named.split(":")[0].replace("~", str(daemon.root)))
    assert damaged.read_text() == broken
    assert "openai" not in stored_keys(daemon)  # it may belong to another server
    damaged.write_text(FORM_A)
    result, code = migrate(daemon)
    assert code == 0, result["notes"]
    assert "proxy.team.example" in daemon.config_file.read_text()
    assert set(stored_keys(daemon)) == {"claude", "openai", "google"}


@pytest.mark.skipif(not IS_ROOT, reason="only root can give a file to another user")
def test_files_of_another_user_are_refused(daemon):
    """Neither read nor removed."""
    write_files(daemon.root, LAYOUTS["xdg"])
    for path in (daemon.root / ".config/aircher").rglob("*"):
        os.chown(path, 12345, 12345)
    result, code = migrate(daemon, "--remove-old", "--yes")
    assert code == 1
    assert result["keys"] == []
    refused = [n for n in result["notes"] if "belongs to user 12345" in n["message"]]
    assert len(refused) == 2
    assert (daemon.root / ".config/aircher/auth.json").exists()


@contextmanager
def small_disk(place: Path, size: int):
    """Mount a file system of this size in bytes; skip the test if that is not allowed."""
    place.mkdir(mode=0o700, exist_ok=True)
    options = f"size={size},mode=0700"
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a file system")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(place: Path, free_pages: int, total_pages: int) -> None:
    """Leave some pages free."""
    page = os.sysconf("SC_PAGESIZE")
    used = -(-len(FORM_B) // page)
    (place / "filler").write_bytes(b"x" * page * (total_pages - used - free_pages))


@pytest.mark.parametrize("free", range(5))
def test_a_full_disk_in_the_middle(daemon, free):
    """Wherever the space runs out, nothing is half-done, and the next run finishes it."""
    place, page = daemon.root / ".aircher", os.sysconf("SC_PAGESIZE")
    with small_disk(place, 16 * page):
        write_files(daemon.root, {".aircher/config.toml": FORM_B})
        fill(place, free, 16)
        done = daemon.cli("migrate")
        if done.returncode:
            assert "No space left on device" in done.stderr + done.stdout
            assert "Traceback" not in done.stderr
        written = daemon.config_file.read_text()
        assert written == FORM_B or written.startswith("# Carried over")
        (place / "filler").unlink()
        result, code = migrate(daemon)
        assert code == 0, result
        assert PLAIN_CLAUDE not in daemon.config_file.read_text()
        (backup,) = place.glob("backup-*")
        assert [path.name for path in backup.iterdir()] == ["config.toml"]
        assert PLAIN_CLAUDE not in (backup / "config.toml").read_text()
        daemon.stop()


def test_a_read_only_home(daemon):
    """The message says what cannot be written, and nothing changes."""
    place = daemon.root / ".aircher"
    with small_disk(place, 1 << 20):
        write_files(daemon.root, {".aircher/config.toml": FORM_B})
        subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
        done = daemon.cli("migrate", "--remove-old", "--yes")
        assert done.returncode == 1
        assert "Read-only file system" in done.stderr
        assert "Nothing was changed" in done.stderr
        assert daemon.config_file.read_text() == FORM_B
        daemon.stop()


def test_only_keys(daemon):
    """Without an old configuration none is written: the built-in one serves."""
    write_files(daemon.root, {".config/aircher/auth.json": auth_json({"openai": OPENAI})})
    result, code = migrate(daemon)
    assert (code, result["config"]["action"]) == (0, "none")
    assert not daemon.config_file.exists()
    assert set(stored_keys(daemon)) == {"openai"}


def test_an_old_place_is_mentioned_once(home):
    """Not with every command, and not by the next daemon."""
    write_files(home.root, LAYOUTS["xdg"])
    home.start()
    wait_until(lambda: "old_home_found" in home.log(), "the daemon has looked")
    first, second = home.cli("status"), home.cli("status")
    assert "the earlier aircher left files behind" in first.stderr
    assert "aircher-cli migrate" in first.stderr
    assert second.stderr == ""
    home.stop()
    home.start()
    assert home.cli("status").stderr == ""
    assert home.log().count("old_home_found") == 1


@pytest.mark.parametrize("files", [LAYOUTS["xdg"], {".config/aircher/auth.json": auth_json()}])
def test_nothing_is_mentioned_after_it_was_carried_over(home, files):
    """Neither by the next command nor by `doctor`, which mentions it every time before that."""
    write_files(home.root, files)
    home.start()
    wait_until(lambda: "old_home_found" in home.log(), "the daemon has looked")
    for _ in range(2):
        found = home.cli("doctor").stdout
        assert "earlier aircher" in found
        assert "aircher-cli migrate" in found
    for arguments in (("--dry-run",), ()):
        done = home.cli("migrate", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "left files behind" not in done.stderr
    assert home.cli("auth", "status").stderr == ""
    assert "earlier aircher" not in home.cli("doctor").stdout


def test_two_runs_at_the_same_time(daemon):
    """One of them may be refused; together they do everything, and leave no key in a file."""
    write_files(daemon.root, LAYOUTS["plain keys in the new place"])
    both = [daemon.popen("migrate"), daemon.popen("migrate")]
    errors = [process.communicate(timeout=60)[1] for process in both]
    assert 0 in {process.returncode for process in both}, errors
    for process, error in zip(both, errors, strict=True):
        assert process.returncode == 0 or "another aircher-cli migrate is running" in error
    files = snapshot(daemon.root, *PLACES)
    assert not any(key.encode() in content for content in files.values() for key in ALL_KEYS)
    assert len([name for name in files if "backup" in name]) == 1


def test_a_project_by_name(daemon):
    """The settings of a project become the user's own only with --from."""
    write_files(daemon.root, {"work/.aircher/config.toml": FORM_A})
    done = daemon.cli("migrate", "--json", cwd=daemon.root / "work")
    assert [note["kind"] for note in json.loads(done.stdout)["notes"]] == ["left"]
    assert not daemon.config_file.exists()
    place = daemon.root / "work/.aircher"
    result, code = migrate(daemon, "--from", str(place), "--remove-old", "--yes")
    assert (code, result["config"]["action"]) == (0, "write")
    assert result["removed"] == [str(place / "config.toml")]
    assert place.exists()


def test_two_layouts(daemon):
    """The newest configuration is used, keys of both are, and both places can be removed."""
    write_files(
        daemon.root, {".config/aircher/config.toml": FORM_B, ".aircher/config.toml": FORM_A}
    )
    write_files(daemon.root, {".aircher/auth.json": auth_json({"openai": OPENAI})})
    result, code = migrate(daemon, "--remove-old", "--yes")
    assert code == 0, result["notes"]
    assert "proxy.team.example" in daemon.config_file.read_text()
    assert {key["provider"]: Path(key["file"]).parent.name for key in result["keys"]} == {
        "openai": ".aircher",
        "anthropic": "aircher",
        "openrouter": "aircher",
    }
    assert not (daemon.root / ".config/aircher").exists()
    first = daemon.config_file.read_text()
    result, code = migrate(daemon)
    assert (code, result["config"]["action"]) == (0, "unchanged")
    assert daemon.config_file.read_text() == first


def test_keys_of_an_older_file_do_not_come_back(daemon):
    """Both files go together, so a later run does not take up the older keys."""
    write_files(daemon.root, {**LAYOUTS["first"], ".aircher/auth.json": auth_json()})
    result, code = migrate(daemon, "--remove-old", "--yes")
    assert code == 0, result["notes"]
    assert len(result["removed"]) == 2
    result, code = migrate(daemon)
    assert (code, result["keys"]) == (0, [])
    assert "claude" in stored_keys(daemon)


def test_a_second_key_of_one_provider_keeps_its_file(daemon):
    """It is stored nowhere else, so the file is not removed."""
    keys = {"claude": PLAIN_CLAUDE, "anthropic": CLAUDE}
    write_files(daemon.root, {".config/aircher/auth.json": auth_json(keys)})
    result, code = migrate(daemon, "--remove-old", "--yes")
    assert code == 0
    assert [key["masked"] for key in result["keys"]] == [f"…{CLAUDE[-4:]}"]
    assert result["removed"] == []
    assert result["remains"][0]["reason"] == "it has a key that is not stored"
