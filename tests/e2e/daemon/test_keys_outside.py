"""Keys that are changed outside of the daemon, and used by the next request without a command.

Each test checks the keys that arrived at the provider, as its journal recorded them.
"""

import json
import time

import pytest

from aircherd.testing.simulator import Fault
from helpers.daemon.real_daemon import wait_until
from helpers.secret_service import secret_service

pytestmark = pytest.mark.timeout(180)  # a real keyring takes its time on a busy machine

OLD = "canary-work-0123456789abcdef"
NEW = "canary-new-0123456789abcdef"


@pytest.fixture
def both(sim):
    """A provider that accepts the old key and the new one."""
    sim.keys.accept("openai", NEW)
    return sim


def chat_keys(sim):
    """Return the keys of the chats that arrived, in order."""
    return [r.key for r in sim.requests if r.endpoint == "chat"]


def ask(home):
    """Ask the provider `work`; fail if it does not answer."""
    done = home.cli("ask", "--json", "-m", "work/m", "hi")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def row_of(home, provider="work"):
    rows = json.loads(home.cli("auth", "status", "--json").stdout)["rows"]
    (row,) = [row for row in rows if row["provider"] == provider]
    return row


def write_environment(home, text, mode=0o600):
    path = home.root / ".aircher" / "environment"
    path.touch(mode)
    path.write_text(text)
    path.chmod(mode)


# ------------------------------------------------------------------ the environment file


def test_environment_file_works_without_systemd(home, both):
    """Its key comes before the one in the daemon's environment, and status names the file."""
    write_environment(home, f'# my keys\nWORK_KEY="{NEW}"\n')
    home.start({"WORK_KEY": OLD})
    assert ask(home)["attempts"][0]["key"] == "env:WORK_KEY"
    assert chat_keys(both) == [NEW]
    row = row_of(home)
    assert row["source"] == "environment variable WORK_KEY from ~/.aircher/environment"
    assert "~/.aircher/environment" in home.cli("auth", "status").stdout
    assert NEW not in home.log()


def test_environment_file_that_others_can_read_is_refused_with_the_command(home, both):
    """The older value in the environment is not used either; the command fixes it."""
    write_environment(home, f"WORK_KEY={NEW}\n", 0o644)
    home.start({"WORK_KEY": OLD})
    done = home.cli("ask", "-m", "work/m", "hi")
    assert done.returncode == 4
    command = f"chmod 600 {home.root / '.aircher' / 'environment'}"
    assert command in done.stderr
    assert chat_keys(both) == []
    (home.root / ".aircher" / "environment").chmod(0o600)
    assert row_of(home)["state"] == "unverified"
    ask(home)
    assert chat_keys(both) == [NEW]


def next_state(events, provider="work"):
    """Return state and source of the next event about a provider."""
    while True:
        event = next(events)
        if event.get("provider") == provider:
            return event["state"], event.get("source", "")


def test_edits_of_the_environment_file_are_noticed_by_themselves(home, both):
    """It appears, changes, is closed to others, and disappears; each is an event."""
    file = home.root / ".aircher" / "environment"
    home.start()
    with home.client() as client:
        events = client.events(["auth"])
        write_environment(home, f"WORK_KEY={OLD}\n")
        assert next_state(events)[0] == "unverified"
        ask(home)
        assert next_state(events)[0] == "authenticated"
        write_environment(home, f"WORK_KEY={NEW}\n")
        assert next_state(events)[0] == "unverified"
        ask(home)
        assert next_state(events)[0] == "authenticated"
        file.chmod(0o644)
        assert next_state(events)[0] == "locked"
        file.chmod(0o600)
        assert next_state(events)[0] == "unverified"
        file.unlink()
        assert next_state(events)[0] == "not_configured"
    assert chat_keys(both) == [OLD, NEW]


# ------------------------------------------------------------------ the credentials file


def test_credentials_file_that_is_edited_or_restored_is_noticed_by_itself(home, both):
    """By the next request, with the keys that it has then; a backup of both files is used whole."""
    home.start()
    credentials, index = home.data / "credentials.json", home.data / "keys.json"
    home.login("work", OLD)
    with home.client() as client:
        events = client.events(["auth"])
        credentials.write_text(credentials.read_text().replace(OLD, NEW))
        assert next_state(events)[0] == "unverified"
        ask(home)
        assert next_state(events)[0] == "authenticated"
        backup = {path: path.read_bytes() for path in (credentials, index)}
        assert home.cli("auth", "logout", "work").returncode == 0
        while next_state(events)[0] != "not_configured":
            pass
        time.sleep(1)  # a restore at the same moment would look like no change at all
        for path, content in backup.items():
            path.write_bytes(content)
        while next_state(events)[0] == "not_configured":
            pass
    wait_until(lambda: home.cli("ask", "-m", "work/m", "hi").returncode == 0, "it answers")
    assert chat_keys(both) == [NEW, NEW]


def test_half_written_credentials_file_takes_no_key_away(home, both):
    """The key in memory is used, and status says what is wrong."""
    home.start()
    credentials = home.data / "credentials.json"
    home.login("work", OLD)
    good = credentials.read_text()
    with home.client() as client:
        events = client.events(["auth"])
        credentials.write_text(good[: len(good) // 2])
        assert next_state(events)[0] == "authenticated"  # with a reason
        ask(home)
        assert "is damaged" in row_of(home)["reason"]
        credentials.write_text(good)
        assert next_state(events)[0] == "authenticated"
        assert "reason" not in row_of(home)


# ------------------------------------------------------------------ a key command


def counting_command(home):
    """Write a config whose key command counts its runs; return its output file and the counter."""
    keys, runs = home.root / "key.txt", home.root / "runs.txt"
    script = home.root / "command.sh"
    script.write_text(f"#!/bin/sh\necho x >> {runs}\ncat {keys}\n")
    script.chmod(0o700)
    text = home.config_file.read_text().replace(
        'env = "WORK_KEY"', f'key_command = ["{script}"]', 1
    )
    home.write_config(text)
    return keys, lambda: len(runs.read_text().split())


def test_command_is_asked_again_when_its_key_is_refused(home, sim):
    """Its new key is used in the same request, which succeeds."""
    keys, runs = counting_command(home)
    keys.write_text(OLD)
    home.start()
    ask(home)
    sim.keys.revoke("openai", OLD)
    sim.keys.accept("openai", NEW)
    keys.write_text(NEW)
    outcomes = [attempt["outcome"] for attempt in ask(home)["attempts"]]
    assert outcomes == ["auth_rejected", "ok"]
    ask(home)
    assert (chat_keys(sim), runs()) == ([OLD, OLD, NEW, NEW], 2)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, '{"error": {"message": "Your API key is invalid or expired", "code": "forbidden"}}'),
        (400, '{"error": {"message": "API key not valid. Please pass a valid API key."}}'),
        (403, '{"error": {"message": "Forbidden"}}'),
    ],
)
def test_command_is_asked_again_whatever_the_status_of_the_refusal(home, both, status, body):
    """What the vendor says counts: not all answer 401."""
    keys, runs = counting_command(home)
    keys.write_text(OLD)
    home.start()
    ask(home)
    keys.write_text(NEW)
    both.faults.add(Fault("answer", key=OLD, status=status, body=body, times=None))
    outcomes = [attempt["outcome"] for attempt in ask(home)["attempts"]]
    assert outcomes[-1] == "ok"
    assert (chat_keys(both), runs()) == ([OLD, OLD, NEW], 2)
    ask(home)
    assert (chat_keys(both)[-1], runs()) == (NEW, 2)


def test_command_that_prints_the_refused_key_is_not_run_for_each_request(home, sim):
    """It runs once more after the refusal; the next requests skip the provider."""
    keys, runs = counting_command(home)
    keys.write_text(OLD)
    sim.keys.revoke("openai", OLD)
    home.start()
    for _ in range(5):
        assert home.cli("ask", "-m", "work/m", "hi").returncode == 4
    assert (chat_keys(sim), runs()) == ([OLD], 2)


def test_command_that_prints_one_bad_key_after_the_other_is_not_run_in_a_loop(home, sim):
    """One more call for each request, and none while the key is rejected."""
    keys, runs = counting_command(home)
    script = home.root / "command.sh"
    script.write_text(script.read_text() + "wc -l < " + str(home.root / "runs.txt") + "\n")
    keys.write_text("canary-bad-number-")
    script.write_text(script.read_text().replace("cat", "tr -d '\\n' <"))
    home.start()
    for _ in range(4):
        assert home.cli("ask", "-m", "work/m", "hi").returncode == 4
    assert chat_keys(sim) == ["canary-bad-number-1", "canary-bad-number-2"]
    assert runs() == 2


# ------------------------------------------------------------------ the keyring


@pytest.mark.secret_service
def test_key_replaced_in_the_keyring_is_used_when_the_old_one_is_refused(home, both):
    """In the same request."""
    with secret_service() as keyring:
        home.start(keyring.environ)
        home.login("work", OLD)
        ask(home)
        keyring.replace("aircher", "work/default", NEW)
        both.keys.revoke("openai", OLD)
        assert [attempt["outcome"] for attempt in ask(home)["attempts"]] == ["auth_rejected", "ok"]
        assert chat_keys(both)[-1] == NEW


@pytest.mark.secret_service
@pytest.mark.parametrize("command", [("status",), ("auth", "status")])
def test_status_notices_a_key_that_was_replaced_or_removed_in_the_keyring(home, both, command):
    """The old key is not used any more, although its provider would still accept it."""
    with secret_service() as keyring:
        home.start(keyring.environ)
        home.login("work", OLD)
        both.faults.add(Fault("error", error="credit_balance", vendor="openai"))
        home.cli("ask", "-m", "work/m", "hi")
        keyring.replace("aircher", "work/default", NEW)
        assert home.cli(*command).returncode == 0
        ask(home)
        assert chat_keys(both) == [OLD, NEW]
        keyring.forget("aircher", "work/default")
        wait_until(lambda: home.cli(*command).returncode == 0, "status works")
        assert home.cli("ask", "-m", "work/m", "hi").returncode == 4
        assert row_of(home)["state"] == "not_configured"


@pytest.mark.secret_service
def test_key_replaced_in_the_keyring_is_noticed_by_itself(home, both):
    """Its file is watched. The old key is never used again, although it would be accepted."""
    with secret_service() as keyring:
        home.data.mkdir(parents=True, mode=0o700)
        (home.data.parent / "keyrings").symlink_to(keyring.folder / "data" / "keyrings")
        home.start(keyring.environ)
        home.login("work", OLD)
        ask(home)
        time.sleep(3.5)  # what changes at once after a login is the daemon's own doing
        with home.client() as client:
            events = client.events(["auth"])
            keyring.replace("aircher", "work/default", NEW)
            assert next_state(events)[0] == "unverified"
        ask(home)
        assert chat_keys(both) == [OLD, NEW]


@pytest.mark.secret_service
def test_key_is_used_while_the_keyring_is_locked_and_after_it_was_unlocked(home, both):
    """A key that was read once stays; one that was not is read by the next request."""
    with secret_service() as keyring:
        home.start(keyring.environ)
        home.login("work", OLD)
        keyring.lock()
        assert home.cli("status").returncode == 0
        assert home.cli("config", "reload").returncode == 0
        ask(home)
        home.stop()
        home.start(keyring.environ)
        assert home.cli("ask", "-m", "work/m", "hi").returncode == 4
        keyring.unlock()
        wait_until(lambda: home.cli("ask", "-m", "work/m", "hi").returncode == 0, "it answers")
        assert chat_keys(both) == [OLD, OLD]
