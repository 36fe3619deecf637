"""A keyring that fails for a moment is an error, and never a reason to store a key as plaintext."""

import json
import resource
from pathlib import Path

import pytest

from helpers.secret_service import secret_service

KEY = "canary-work-0123456789abcdef"
SPARE = "canary-spare-0123456789abcdef"

pytestmark = pytest.mark.secret_service


def login(home, *options, label="default", environ=None):
    arguments = ("auth", "login", "work", "--no-verify", "--label", label, *options)
    return home.cli(*arguments, stdin=KEY, environ=environ)


def assert_nothing_was_stored(home, done):
    """The error says what to do, and no file has the key."""
    assert done.returncode != 0, done.stdout
    assert "the keyring cannot be used" in done.stderr
    assert "--store file" in done.stderr
    assert not (home.data / "credentials.json").exists()
    assert KEY not in home.everything_written()


def test_stalled_bus_is_an_error_and_usable_afterwards(home, sim):
    """The first login of this user: nothing else says that there is a keyring."""
    with secret_service() as keyring:
        home.start(keyring.environ)
        with keyring.stalled_bus():
            assert_nothing_was_stored(home, login(home))
        assert login(home).returncode == 0
        assert list(keyring.stored("aircher").values()) == [KEY]


def test_crashed_keyring_is_an_error_and_the_user_may_choose_the_file(home, sim):
    """The bus is there, and has no keyring; but a key is listed in one."""
    with secret_service() as keyring:
        home.start(keyring.environ)
        assert login(home).returncode == 0
        keyring.stop_keyring()
        assert_nothing_was_stored(home, login(home, label="other"))
        home.stop()
        home.start(keyring.environ)  # what the daemon saw before is not needed to know it
        assert_nothing_was_stored(home, login(home, label="other"))
        assert login(home, "--store", "keyring", label="other").returncode != 0
        assert login(home, "--store", "file", label="other").returncode == 0
        done = home.cli("auth", "import", "--store", "file", environ={"SPARE_KEY": SPARE})
        assert done.returncode == 0, done.stderr
    stored = json.loads((home.data / "credentials.json").read_text())["keys"]
    assert stored == {"work": {"other": KEY}, "spare": {"default": SPARE}}


def test_reachable_keyring_is_used_by_a_daemon_that_has_another_address(home, sim):
    """As one that was started by a session that ended."""
    with secret_service() as keyring:
        (home.root / "run" / "bus").symlink_to(keyring.folder / "bus")
        home.start({"DBUS_SESSION_BUS_ADDRESS": f"unix:path={home.root}/ended"})
        assert login(home).returncode == 0
        assert list(keyring.stored("aircher").values()) == [KEY]


def test_keyring_on_the_bus_of_the_client_is_used(home, sim):
    """The daemon of a cron job, or of a session that ended, is not cut off from it."""
    ended = {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={home.root}/ended"}
    with secret_service() as keyring:
        home.start(ended)
        assert login(home, environ=keyring.environ).returncode == 0
        assert list(keyring.stored("aircher").values()) == [KEY]
        home.stop()
        home.start(ended)
        assert home.cli("ask", "-m", "work/m", "hi").returncode == 4
        refused = login(home, label="other")
        assert_nothing_was_stored(home, refused)
        assert "in a terminal of your desktop session" in refused.stderr
        done = home.cli("ask", "-m", "work/m", "hi", environ=keyring.environ)
        assert (done.returncode, done.stdout) == (0, "hi\n"), done.stderr


def test_user_with_a_keyring_that_cannot_be_reached_gets_no_file(home, sim):
    """Nothing is listed yet: what tells is the file of the keyring."""
    folder = home.root / "data" / "keyrings"
    folder.mkdir(mode=0o700, parents=True)
    (folder / "login.keyring").touch()
    home.start({"DBUS_SESSION_BUS_ADDRESS": f"unix:path={home.root}/ended"})
    refused = login(home)
    assert_nothing_was_stored(home, refused)
    assert f"there is a keyring ({folder}/login.keyring)" in refused.stderr
    assert login(home, "--store", "file").returncode == 0


def test_too_many_open_files_are_an_error(home, sim):
    """The keyring's child cannot be started."""
    with secret_service() as keyring:
        home.start(keyring.environ)
        with home.client() as client:
            client.call("ping")
            held = len(list(Path(f"/proc/{home.process.pid}/fd").iterdir()))
            limits = resource.prlimit(home.process.pid, resource.RLIMIT_NOFILE)
            resource.prlimit(home.process.pid, resource.RLIMIT_NOFILE, (held + 2, limits[1]))
            done = login(home)
            resource.prlimit(home.process.pid, resource.RLIMIT_NOFILE, limits)
        assert_nothing_was_stored(home, done)
        assert login(home).returncode == 0
