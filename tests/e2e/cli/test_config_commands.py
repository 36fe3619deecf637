"""The configuration by command, with a real daemon, a real editor and real links."""

import json
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from aircher_client import ClientError, DaemonError
from aircher_client.proof import call_with_proof
from helpers.daemon.real_daemon import Home
from helpers.required import missing

MINE = """\
# My configuration.

[fallback]
max_attempts = 4 # for now

# A server.
[providers.work]
kind = "openai"
base_url = "http://127.0.0.1:1/v1"
auth = "none"
"""

VICTIM = """\
import os, signal, sys, tempfile
from pathlib import Path
from aircherd.config.edit.file_change import write_text

step = int(sys.argv[3])

def dies(work):
    def counted(*arguments, **options):
        global step
        step -= 1
        if step == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        result = work(*arguments, **options)
        step -= 1
        if step == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return counted

tempfile.mkstemp = dies(tempfile.mkstemp)
os.fchmod, os.fchown, os.fsync = dies(os.fchmod), dies(os.fchown), dies(os.fsync)
Path.replace = dies(Path.replace)
write_text(Path(sys.argv[1]), sys.argv[2], None, lambda: None)
"""


@pytest.fixture
def mine(home: Home) -> Home:
    """A home with a commented configuration and a running daemon."""
    home.write_config(MINE)
    home.start()
    return home


def settings(home: Home) -> dict[str, object]:
    """Return the values of the file that are in effect."""
    rows = json.loads(home.cli("config", "show", "--json").stdout)["rows"]
    return {row["path"]: row["value"] for row in rows if row["source"] == "file"}


def test_a_set_entry_is_in_effect_and_everything_else_stays(mine: Home) -> None:
    """Comments, order and mode."""
    mine.config_file.chmod(0o640)
    done = mine.cli("config", "set", "fallback.max_attempts", "6")
    assert done.returncode == 0, done.stderr
    assert "fallback.max_attempts  4 → 6" in done.stdout
    assert mine.config_file.read_text() == MINE.replace("= 4", "= 6")
    assert stat.S_IMODE(mine.config_file.stat().st_mode) == 0o640
    assert settings(mine)["fallback.max_attempts"] == 6


def test_a_bad_entry_changes_nothing(mine: Home) -> None:
    """Neither the file nor what is in effect."""
    done = mine.cli("config", "set", "fallback.max_attempts", "0", "default_model", "work/x")
    assert done.returncode == 1
    assert "nothing was changed:\n  fallback.max_attempts: must be from 1 to 100" in done.stderr
    assert mine.config_file.read_text() == MINE
    assert settings(mine)["fallback.max_attempts"] == 4


def test_a_new_home_gets_a_private_file(home: Home) -> None:
    """The first entry creates it."""
    shutil.rmtree(home.config_file.parent)
    home.start()
    done = home.cli("config", "set", "fallback.max_attempts", "6")
    assert done.returncode == 0, done.stderr
    assert home.config_file.read_text() == "[fallback]\nmax_attempts = 6\n"
    assert stat.S_IMODE(home.config_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.config_file.parent.stat().st_mode) == 0o700


def test_an_invalid_file_is_repaired_by_a_command(mine: Home) -> None:
    """What counts is the result."""
    mine.config_file.write_text(MINE.replace("= 4", "= 0"))
    done = mine.cli("config", "set", "fallback.max_attempts", "9")
    assert done.returncode == 0, done.stderr
    assert mine.config_file.read_text() == MINE.replace("= 4", "= 9")


def test_commands_at_the_same_time_lose_nothing(mine: Home) -> None:
    """Each changes what the one before it wrote."""

    def add(number: int) -> None:
        with mine.client() as client:
            entry = {"path": f"models.m{number}.routes", "value": [f"work/{number}"]}
            call_with_proof(client, "config.set", {"entries": [entry]})

    threads = [threading.Thread(target=add, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    data = tomllib.loads(mine.config_file.read_text())
    assert data["models"] == {f"m{number}": {"routes": [f"work/{number}"]} for number in range(20)}
    assert "models.m19.routes" in settings(mine)


def test_a_file_linked_by_stow_is_changed_where_it_is(mine: Home) -> None:
    """The links stay, for a linked file and for a linked folder."""
    stow = shutil.which("stow") or missing("stow", "apt-get install stow")
    package = mine.root / "dotfiles" / "aircher" / ".aircher"
    package.mkdir(parents=True)
    real = package / "config.toml"
    mine.config_file.rename(real)
    subprocess.run([stow, "aircher"], cwd=mine.root / "dotfiles", check=True, capture_output=True)
    assert mine.config_file.is_symlink()
    done = mine.cli("config", "set", "fallback.max_attempts", "6")
    assert done.returncode == 0, done.stderr
    assert mine.config_file.is_symlink()
    assert real.read_text() == MINE.replace("= 4", "= 6")
    assert [each.name for each in package.iterdir()] == ["config.toml"]


def test_a_generated_file_is_left_to_its_generator(mine: Home) -> None:
    """home-manager links to a read-only store; the message names the file there."""
    store = mine.root / "nix-store-config.toml"
    mine.config_file.rename(store)
    store.chmod(0o444)
    mine.config_file.symlink_to(store)
    done = mine.cli("config", "set", "fallback.max_attempts", "6")
    assert done.returncode == 1
    assert f"{mine.config_file}, a link to {store}, cannot be written" in done.stderr
    assert "change it where it is generated" in done.stderr
    assert store.read_text() == MINE


@pytest.mark.parametrize("keeps_inode", ["yes", "no"])
def test_vim_edits_the_configuration(mine: Home, keeps_inode: str) -> None:
    """However it saves."""
    vim = shutil.which("vim") or missing("vim", "apt-get install vim")
    editor = f"{vim} -es -u NONE -c 'set backupcopy={keeps_inode}' -c '%s/= 4/= 6/' -c wq"
    done = mine.cli("config", "edit", environ={"VISUAL": editor, "TERM": "dumb"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "fallback.max_attempts  4 → 6" in done.stdout
    assert mine.config_file.read_text() == MINE.replace("= 4", "= 6")


def test_an_edit_that_is_invalid_keeps_the_text(mine: Home) -> None:
    """Without a terminal there is no second try; the problems have their lines."""
    done = mine.cli(
        "config", "edit", environ={"VISUAL": "sed -i 's/= 4/= 0/'", "TMPDIR": str(mine.root)}
    )
    assert done.returncode == 1
    assert "config.toml:4: fallback.max_attempts: must be from 1 to 100" in done.stderr
    copy = Path(done.stderr.partition("your text is kept in ")[2].splitlines()[0])
    assert copy.read_text() == MINE.replace("= 4", "= 0")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert mine.config_file.read_text() == MINE


def test_an_edit_does_not_undo_the_change_of_another_program(mine: Home) -> None:
    """The difference is shown, and the text is kept."""
    editor = f"sh -c 'sed -i s/4/6/ {mine.config_file}; sed -i s/4/7/ $0'"
    done = mine.cli("config", "edit", environ={"VISUAL": editor, "TMPDIR": str(mine.root)})
    assert done.returncode == 1
    assert "+max_attempts = 6 # for now" in done.stderr
    assert mine.config_file.read_text() == MINE.replace("= 4", "= 6")


def test_a_new_file_has_a_schema_for_editors(home: Home) -> None:
    """`config edit` puts it beside the file."""
    home.config_file.unlink()
    home.start()
    done = home.cli(
        "config",
        "edit",
        environ={"VISUAL": "sed -i 's/^# \\(default_model = \\).*/\\1\"work\\/m\"/'"},
    )
    assert done.returncode == 1  # there is no provider `work`
    done = home.cli(
        "config", "edit", environ={"VISUAL": "sed -i '$a [fallback]\\nmax_attempts = 6'"}
    )
    assert done.returncode == 0, done.stderr
    assert home.config_file.read_text().startswith("#:schema ./config.schema.json\n")
    schema = json.loads((home.config_file.parent / "config.schema.json").read_text())
    assert "fallback" in schema["properties"]


def test_killed_at_any_step_a_write_leaves_a_whole_file(tmp_path: Path) -> None:
    """The old one or the new one, whatever the step."""
    file, script = tmp_path / "home" / "config.toml", tmp_path / "victim.py"
    file.parent.mkdir()
    script.write_text(VICTIM)
    new = MINE.replace("= 4", "= 6")
    found: list[str] = []
    for step in range(1, 40):
        file.write_text(MINE)
        command = [sys.executable, str(script), str(file), new, str(step)]
        code = subprocess.run(command, check=False).returncode
        found.append(file.read_text())
        if code == 0:
            break
        assert code == -signal.SIGKILL
    assert set(found) == {MINE, new}
    assert found == sorted(found, key=lambda text: text == new)
    assert len(found) > 8


def test_a_killed_daemon_leaves_a_whole_file(home: Home) -> None:
    """At random moments of many writes; the next one starts with what is there."""
    points = random.Random(5)  # noqa: S311 - moments
    home.write_config(MINE)
    for _ in range(6):
        home.start(log_level="warning")
        process = home.process
        assert process is not None
        end = threading.Timer(points.uniform(0.05, 0.4), process.kill)
        end.start()
        number = 1
        try:
            with home.client() as client:
                while True:
                    number = number % 90 + 1
                    entry = {"path": "fallback.max_attempts", "value": number}
                    call_with_proof(client, "config.set", {"entries": [entry]})
        except ClientError:
            end.join()
        process.wait()
        home.process = None
        value = tomllib.loads(home.config_file.read_text())["fallback"]["max_attempts"]
        assert home.config_file.read_text() == MINE.replace("= 4", f"= {value}")


@pytest.fixture
def small(mine: Home) -> Iterator[Path]:
    """The folder of the configuration, on a file system of 8 KiB."""
    if os.getuid() != 0:
        missing("root", "a small file system is mounted")
    folder = mine.root / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8k,mode=700", "none", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        missing("mount", "the right to mount a file system")
    (folder / "config.toml").write_text(MINE)
    mine.config_file.unlink()
    mine.config_file.symlink_to(folder / "config.toml")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_changes_nothing(mine: Home, small: Path) -> None:
    """The reason is reported, and the daemon goes on."""
    (small / "filler").write_bytes(b"x" * 4096)
    done = mine.cli("config", "set", "fallback.max_attempts", "6")
    assert done.returncode == 1
    assert "cannot be written: No space left on device" in done.stderr
    assert (small / "config.toml").read_text() == MINE
    assert sorted(each.name for each in small.iterdir()) == ["config.toml", "filler"]
    assert mine.cli("config", "set", "fallback.max_attempts", "4").returncode == 0


def test_a_read_only_home_changes_nothing(mine: Home, small: Path) -> None:
    """The reason is reported with the file behind the link, and an edited text is kept."""
    subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
    done = mine.cli("config", "set", "fallback.max_attempts", "6")
    assert done.returncode == 1
    assert f"a link to {small}/config.toml, cannot be written: Read-only file" in done.stderr
    environ = {"VISUAL": "sed -i 's/= 4/= 6/'", "TMPDIR": str(mine.root)}
    done = mine.cli("config", "edit", environ=environ)
    assert done.returncode == 1
    assert "your text is kept in" in done.stderr
    assert (small / "config.toml").read_text() == MINE


def test_providers_are_added_checked_and_removed(home: Home, sim: object) -> None:
    """Without writing TOML; with its key, and not while an alias needs it."""
    url = f"{sim.url}/v1"  # type: ignore[attr-defined]
    home.start()
    done = home.cli("providers", "add", "mine", "--kind", "openai", "--base-url", url)
    assert "mine needs a key, which is not stored yet" in done.stdout
    home.login("mine", "canary-work-0123456789abcdef")
    done = home.cli("providers", "add", "mine", "--kind", "openai", "--base-url", f"{url}/")
    assert "✓ it answers and lists" in done.stdout, done.stdout + done.stderr
    assert home.cli("config", "set", "models.m.routes", '["mine/x"]').returncode == 0
    done = home.cli("providers", "remove", "mine")
    assert done.returncode == 1
    assert "models.m.routes[0]: names a provider that does not exist" in done.stderr
    assert home.cli("config", "unset", "models.m").returncode == 0
    done = home.cli("providers", "remove", "mine")
    assert "removed its stored key" in done.stdout
    assert "mine" not in home.config_file.read_text()
    assert "canary" not in done.stdout + done.stderr


def test_the_socket_alone_changes_nothing(mine: Home) -> None:
    """A sandboxed program must not make the daemon run a command or send a key elsewhere."""
    command = {"path": "providers.work.key_command", "value": ["sh", "-c", "true"]}
    text = MINE.replace("127.0.0.1:1", "evil.example")
    with mine.client() as client:
        for params in ({}, {"proof": ""}, {"proof": "0" * 64}):
            with pytest.raises(DaemonError, match="needs access to your files") as caught:
                client.call("config.set", {"entries": [command], **params})
            with pytest.raises(DaemonError, match="needs access to your files"):
                client.call("config.write", {"text": text, **params})
        proof = Path(str(caught.value.data["file"]))
        assert stat.S_IMODE(proof.stat().st_mode) == 0o600
        assert proof.parent == mine.data
    assert mine.config_file.read_text() == MINE
