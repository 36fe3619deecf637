"""`migrate` killed at every step, and run again: the result is that of an undisturbed run."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from aircher_client import DaemonError
from helpers.daemon.cli import run_cli
from helpers.daemon.real_daemon import Home, wait_until
from helpers.old_aircher.places import LAYOUTS, snapshot, write_files
from helpers.old_aircher.samples import ALL_KEYS, FORM_B, OWN_SERVER

HELPERS = Path(__file__).parents[2]
REMOVE = ("migrate", "--remove-old", "--yes")

KILLED_LAYOUTS = {
    **LAYOUTS,
    "a server of one's own": {".aircher/config.toml": f"{FORM_B}\n{OWN_SERVER}"},
}

PLACES = (".aircher", ".config", "Library")


@contextmanager
def killer(home: Home, *words: str) -> Iterator["subprocess.Popen[str]"]:
    """Run the program that runs the command and kills it."""
    path = f"{HELPERS}/helpers/old_aircher/killed_cli.py"
    process = subprocess.Popen(
        [sys.executable, path, *words],
        env=home.environ,
        cwd=home.root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def run_until(process: "subprocess.Popen[str]", number: int) -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{number}\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def reset(home: Home, layout: str) -> None:
    """Bring the home back to what the earlier aircher left."""
    with home.client() as client:
        for provider in ("anthropic", "openai", "gemini", "openrouter", "house"):
            with suppress(DaemonError):  # `house` is unknown until it is carried over
                client.call("auth.logout", {"provider": provider})
        for place in PLACES:
            subprocess.run(["rm", "-rf", home.root / place], check=True)
        client.call("config.reload")
    write_files(home.root, KILLED_LAYOUTS[layout])


def state(home: Home) -> tuple[dict[str, bytes], object]:
    """Return the files of the home, and the stored keys."""
    credentials = home.data / "credentials.json"
    keys = json.loads(credentials.read_bytes()) if credentials.exists() else None
    return snapshot(home.root, *PLACES), keys


def wait_until_idle(home: Home) -> None:
    """Wait until the daemon has finished what a killed client asked for."""
    with home.client() as client:
        wait_until(lambda: client.call("status")["clients"] == 1, "the killed client is gone")


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("layout", "words"),
    [
        ("home", ("migrate",)),
        ("xdg", REMOVE),
        ("plain keys in the new place", REMOVE),
        ("a server of one's own", ("migrate",)),
    ],
)
def test_a_killed_run_is_finished_by_the_next(daemon, monkeypatch, layout, words):
    """No key is lost, no file is half-written, and no second backup is made."""
    monkeypatch.chdir(daemon.root)
    reset(daemon, layout)
    assert run_cli(daemon.environ, *words).code == 0
    undisturbed = state(daemon)
    number, end = 0, "killed"
    with killer(daemon, *words) as process:
        while end == "killed":
            reset(daemon, layout)
            end = run_until(process, number)
            wait_until_idle(daemon)
            if end == "killed":
                again = run_cli(daemon.environ, *words)
                assert again.code == 0, f"after a kill at {number}: {again.out}{again.err}"
            assert state(daemon) == undisturbed, f"after a kill at {number}"
            number += 1
    assert end == "0"
    assert number > 20, "the command has fewer operations than this test expects"


def test_the_result_has_no_key_in_a_file(daemon):
    """The undisturbed result that the test above compares with is what it should be."""
    write_files(daemon.root, LAYOUTS["plain keys in the new place"])
    assert run_cli(daemon.environ, *REMOVE).code == 0
    files = snapshot(daemon.root, *PLACES)
    (backup,) = [name for name in files if "backup" in name]
    assert len(files[backup]) > len(FORM_B) / 2
    assert not any(key.encode() in content for content in files.values() for key in ALL_KEYS)
