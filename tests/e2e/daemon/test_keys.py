"""The sources of keys, and their use by a real request.

Each test checks the key that arrived at the provider, as its journal recorded it.
"""

import json

import pytest

from aircherd.testing.simulator import Fault
from helpers.secret_service import secret_service

STORED = "canary-work-0123456789abcdef"
FROM_ENV = "canary-from-the-environment"
SPARE = "canary-spare-0123456789abcdef"


def chat_keys(sim):
    """Return the keys of the chats that arrived, in order."""
    return [(r.vendor, r.key) for r in sim.requests if r.endpoint == "chat"]


def row_of(home, provider):
    """Return the status row of a provider with one key."""
    rows = json.loads(home.cli("auth", "status", "--json").stdout)["rows"]
    (row,) = [row for row in rows if row["provider"] == provider]
    return row


def test_a_stored_key_without_an_environment_variable(daemon, sim):
    """Login stores it and ask uses it."""
    daemon.login("work", STORED)
    done = daemon.cli("ask", "-m", "work/some-model", "hello there")
    assert (done.returncode, done.stdout) == (0, "hello there\n")
    assert chat_keys(sim) == [("openai", STORED)]


def test_a_stored_key_comes_before_an_environment_variable(home, sim):
    """Status lists the variable as shadowed."""
    home.start({"WORK_KEY": FROM_ENV})
    home.login("work", STORED)
    assert home.cli("ask", "-m", "work/m", "hi").returncode == 0
    assert chat_keys(sim) == [("openai", STORED)]
    assert "WORK_KEY" in " ".join(row_of(home, "work")["shadowed"])


def test_an_environment_variable_alone(home, sim):
    """It is used, and status names it as the source."""
    sim.keys.accept("openai", FROM_ENV)
    home.start({"WORK_KEY": FROM_ENV})
    done = home.cli("ask", "--json", "-m", "work/m", "hi")
    assert done.returncode == 0, done.stderr
    assert chat_keys(sim) == [("openai", FROM_ENV)]
    assert json.loads(done.stdout)["attempts"][0]["key"] == "env:WORK_KEY"
    assert "WORK_KEY" in row_of(home, "work")["source"]


def test_a_key_survives_a_restart_of_the_daemon(daemon, sim):
    """It is read from the store, and its state is known: it worked before, and when."""
    daemon.login("work", STORED)
    before = row_of(daemon, "work")
    assert daemon.stop() == 0
    daemon.start()
    after = row_of(daemon, "work")
    assert (after["state"], after["checked_at"]) == ("authenticated", before["checked_at"])
    assert daemon.cli("ask", "-m", "work/m", "hi").returncode == 0
    assert chat_keys(sim) == [("openai", STORED)]


def test_several_keys_are_removed_only_on_request(daemon):
    """What the error names works when it is typed as it is."""
    for label in ("a", "b", "c"):
        daemon.login("work", STORED, "--label", label)
    done = daemon.cli("auth", "logout", "work")
    assert done.returncode == 2
    assert "work has 3 stored keys: a (…cdef), b (…cdef) and c (…cdef)." in done.stderr
    assert daemon.cli("auth", "logout", "work", "--label", "a").stdout.startswith("removed 1 key")
    assert daemon.cli("auth", "logout", "work", "--yes").stdout.startswith("removed 2 keys")


def test_a_key_from_a_command(home, sim):
    """`key_command` prints it; it is never on a command line."""
    (home.root / "key.txt").write_text(STORED + "\n")
    home.config_file.write_text(
        f'[providers.work]\nkind = "openai"\nbase_url = "{sim.url}/v1"\n'
        f'key_command = ["cat", "{home.root / "key.txt"}"]\n'
    )
    home.start()
    assert home.cli("ask", "-m", "work/m", "hi").returncode == 0
    assert chat_keys(sim) == [("openai", STORED)]


@pytest.mark.secret_service
def test_a_stored_key_in_a_real_keyring(home, sim):
    """It is in the Secret Service, and in none of our files."""
    with secret_service() as keyring:
        home.start(keyring.environ)
        home.login("work", STORED)
        assert home.cli("ask", "-m", "work/m", "hi").returncode == 0
        assert chat_keys(sim) == [("openai", STORED)]
        assert row_of(home, "work")["source"] == "keyring"
        assert STORED not in home.everything_written()


@pytest.mark.secret_service
def test_a_locked_keyring_does_not_fall_through_to_the_environment(home, sim):
    """That would cause surprise bills: the provider is skipped, and status says why."""
    sim.keys.accept("openai", FROM_ENV)
    with secret_service() as keyring:
        home.start(keyring.environ)
        home.login("work", STORED)
        home.login("spare", SPARE, "--no-verify")
        home.stop()
        keyring.lock()
        home.start({**keyring.environ, "WORK_KEY": FROM_ENV})
        done = home.cli("ask", "--json", "-m", "work/m", "hi")
        assert done.returncode == 4
        assert json.loads(done.stdout)["error"]["code"] == "keyring_locked"
        assert row_of(home, "work")["state"] == "locked"
        assert chat_keys(sim) == []
        keyring.unlock()
        assert home.cli("config", "reload").returncode == 0
        assert home.cli("ask", "-m", "work/m", "hi").returncode == 0
        assert chat_keys(sim) == [("openai", STORED)]


def test_the_next_provider_answers_when_a_key_is_refused(daemon, sim):
    """The result says which provider refused it and why, and the key is not tried again."""
    daemon.login("work", STORED)
    daemon.login("spare", SPARE)
    sim.keys.revoke("openai", STORED)
    done = daemon.cli("ask", "--json", "-m", "chain", "hello")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["text"], answer["provider"], answer["model"]) == (
        "hello",
        "spare",
        "claude-sonnet-5",
    )
    assert [(a["provider"], a["outcome"]) for a in answer["attempts"]] == [
        ("work", "auth_rejected"),
        ("spare", "ok"),
    ]
    assert row_of(daemon, "work")["state"] == "rejected"
    again = json.loads(daemon.cli("ask", "--json", "-m", "chain", "hello").stdout)
    assert [(s["provider"], s["reason"]) for s in again["skipped"]] == [("work", "auth_rejected")]
    assert [vendor for vendor, _ in chat_keys(sim)] == ["openai", "anthropic", "anthropic"]


def test_the_command_line_shows_the_fallback(daemon, sim):
    """One line on standard error; standard output has only the answer."""
    daemon.login("work", STORED)
    daemon.login("spare", SPARE)
    sim.keys.revoke("openai", STORED)
    done = daemon.cli("ask", "-m", "chain", "hello")
    assert (done.returncode, done.stdout) == (0, "hello\n")
    assert "work" in done.stderr
    assert "spare" in done.stderr


def test_status_and_events_follow_login_logout_and_a_401_at_once(daemon, sim):
    """All clients get the same state, pushed on each change."""
    with daemon.client() as client:
        events = client.events(["auth"])

        def next_state():
            while True:
                event = next(events)
                if event.get("provider") == "work":
                    return event["state"]

        daemon.login("work", STORED)
        assert (next_state(), row_of(daemon, "work")["state"]) == ("authenticated",) * 2
        sim.faults.add(Fault("error", error="refused_key", vendor="openai"))
        assert daemon.cli("ask", "-m", "work/m", "hi").returncode == 4
        assert (next_state(), row_of(daemon, "work")["state"]) == ("rejected",) * 2
        assert daemon.cli("auth", "test", "work").returncode == 0
        assert (next_state(), row_of(daemon, "work")["state"]) == ("authenticated",) * 2
        assert daemon.cli("auth", "logout", "work").returncode == 0
        assert (next_state(), row_of(daemon, "work")["state"]) == ("not_configured",) * 2


def test_a_refused_key_is_not_stored(daemon, sim):
    """Login checks it first; exit code 4, and nothing is stored."""
    done = daemon.cli("auth", "login", "work", "--with-token", stdin="canary-wrong-0123456789")
    assert done.returncode == 4
    assert "refused" in done.stderr
    assert row_of(daemon, "work")["state"] == "not_configured"
    assert "canary-wrong" not in daemon.everything_written()


def test_no_verify_stores_an_unchecked_key(daemon, sim):
    """It is unverified until a request succeeds."""
    daemon.login("work", STORED, "--no-verify")
    assert row_of(daemon, "work")["state"] == "unverified"
    assert [r.endpoint for r in sim.requests] == []
    assert daemon.cli("ask", "-m", "work/m", "hi").returncode == 0
    assert row_of(daemon, "work")["state"] == "authenticated"


def test_import_takes_the_keys_of_the_callers_shell(daemon, sim):
    """The daemon cannot see the shell's variables; import sends them."""
    shell = {"WORK_KEY": STORED, "SPARE_KEY": "canary-bad-key-0123456789", "OTHER": "x"}
    assert "WORK_KEY" in daemon.cli("auth", "status", environ=shell).stderr
    done = daemon.cli("auth", "import", "--json", environ=shell)
    outcomes = {o["variable"]: o["outcome"] for o in json.loads(done.stdout)["outcomes"]}
    assert outcomes == {"WORK_KEY": "stored", "SPARE_KEY": "refused"}
    assert daemon.cli("ask", "-m", "work/m", "hi").returncode == 0
    assert chat_keys(sim) == [("openai", STORED)]


def test_a_second_key_answers_when_the_first_is_refused(daemon, sim):
    """Another key of the same provider is tried before another provider."""
    sim.keys.accept("openai", "canary-second-0123456789")
    daemon.login("work", STORED)
    daemon.login("work", "canary-second-0123456789", "--label", "second")
    sim.keys.revoke("openai", STORED)
    answer = json.loads(daemon.cli("ask", "--json", "-m", "chain", "hi").stdout)
    assert [(a["key"], a["outcome"]) for a in answer["attempts"]] == [
        ("default", "auth_rejected"),
        ("second", "ok"),
    ]


def test_a_key_is_bound_to_the_origin_it_was_stored_for(daemon, sim):
    """After a change of base_url, the key is not sent until the user signs in again."""
    daemon.login("work", STORED)
    text = daemon.config_file.read_text().replace("127.0.0.1", "localhost", 1)
    daemon.config_file.write_text(text)
    assert daemon.cli("config", "reload").returncode == 0
    done = daemon.cli("ask", "-m", "work/m", "hi")
    assert done.returncode == 4
    assert row_of(daemon, "work")["state"] == "rejected"
    assert chat_keys(sim) == []
