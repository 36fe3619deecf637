"""`migrate` with a real Secret Service: keys end up in the keyring, and nowhere else."""

import json

import pytest

from helpers.daemon.real_daemon import home as open_home
from helpers.old_aircher.places import LAYOUTS, write_files
from helpers.old_aircher.samples import (
    ALL_KEYS,
    CLAUDE,
    GOOGLE,
    KEYS,
    OPENAI,
    PLAIN_CLAUDE,
    PLAIN_OPENROUTER,
)
from helpers.secret_service import secret_service

pytestmark = pytest.mark.secret_service


@pytest.fixture
def service():
    with secret_service() as running:
        yield running


@pytest.fixture
def home(service):
    with open_home(service.environ) as made:
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
            del made.environ[name]
        made.start()
        yield made


@pytest.mark.parametrize(
    ("layout", "stored"),
    [
        ("home", {CLAUDE, OPENAI, GOOGLE}),
        ("xdg", {CLAUDE, OPENAI, GOOGLE}),
        ("macos", {CLAUDE, OPENAI, GOOGLE}),
        ("first", {PLAIN_CLAUDE, PLAIN_OPENROUTER}),
        ("plain keys in the new place", {PLAIN_CLAUDE, PLAIN_OPENROUTER}),
    ],
)
def test_keys_are_in_the_keyring_and_nowhere_else(service, home, layout, stored):
    """After the old place is removed, no file in the home contains a key, encoded or not."""
    write_files(home.root, LAYOUTS[layout])
    old = {content for content in LAYOUTS[layout].values() if isinstance(content, bytes)}
    done = home.cli("migrate", "--remove-old", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(service.stored("aircher").values()) == stored
    home.stop()
    written = home.everything_written()
    assert not any(key in written for key in ALL_KEYS)
    assert not any(content.decode() in written for content in old if b"keys" in content)
    assert not any(key in done.stdout + done.stderr for key in ALL_KEYS)


def test_a_locked_keyring_is_no_reason_to_write_a_file(service, home):
    """Nothing is stored, nothing is lost, and the next run does the rest."""
    write_files(home.root, LAYOUTS["plain keys in the new place"])
    service.lock()
    done = home.cli("migrate", "--remove-old", "--yes")
    assert done.returncode == 4
    assert "locked" in done.stdout
    assert not (home.root / ".local/share/aircher/credentials.json").exists()
    (backup,) = (home.root / ".aircher").glob("backup-*/config.toml")
    assert PLAIN_CLAUDE in backup.read_text()
    service.unlock()
    again = home.cli("migrate", "--json")
    assert again.returncode == 0, again.stdout + again.stderr
    assert [key["outcome"] for key in json.loads(again.stdout)["keys"]] == ["stored", "stored"]
    assert set(service.stored("aircher").values()) == {PLAIN_CLAUDE, PLAIN_OPENROUTER}
    home.stop()
    assert not any(key in home.everything_written() for key in ALL_KEYS)


def test_another_key_in_the_keyring_is_not_replaced(service, home):
    """Only --force replaces it."""
    home.cli("auth", "login", "openai", "--with-token", "--no-verify", stdin="sk-canary-own-01234")
    write_files(home.root, LAYOUTS["macos"])
    done = home.cli("migrate", "--json")
    outcomes = {key["provider"]: key["outcome"] for key in json.loads(done.stdout)["keys"]}
    assert outcomes == {"anthropic": "stored", "openai": "exists", "gemini": "stored"}
    assert done.returncode == 1
    assert "sk-canary-own-01234" in service.stored("aircher").values()
    assert home.cli("migrate", "--force").returncode == 0
    assert set(service.stored("aircher").values()) == set(KEYS.values())
