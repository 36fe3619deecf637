"""Errors about keys as data, from a real daemon: what an editor can show and offer."""

import json

import pytest

from aircher_client.sign_in import read_sign_in
from helpers.secret_service import locked_keyring

STORED = "canary-work-0123456789abcdef"
WRONG = "canary-wrong-0123456789abcde"


def error_of(home, *words):
    done = home.cli("ask", "--json", *words, "hi")
    assert done.returncode == 4, done
    assert "canary" not in done.stdout + done.stderr
    return json.loads(done.stdout)["error"]


def test_a_chain_without_a_key(daemon):
    """Its providers are needed, in its order; importing a variable of the client would help."""
    error = error_of(daemon, "-m", "chain")
    found = read_sign_in(error["data"], {"SPARE_KEY": STORED})
    assert [(each.provider, each.state) for each in found.needed] == [
        ("work", "not_configured"),
        ("spare", "not_configured"),
    ]
    assert found.needed[0].command == "aircher-cli auth login work"
    assert found.unseen == ("SPARE_KEY",)
    assert {each.provider for each in found.others} >= {"anthropic", "openai", "ollama"}


def test_a_key_without_a_default_model(daemon):
    """It says that a model has to be named, not that no provider is signed in."""
    daemon.login("work", STORED)
    error = error_of(daemon)
    assert error["message"].startswith("you are signed in to work, but there is no default model")
    assert read_sign_in(error["data"], {}).needed[0].provider == "anthropic"


def test_a_rejected_key(daemon, sim):
    """The row names the key, the reason, and the command that replaces it."""
    daemon.login("work", STORED, "--label", "office")
    sim.keys.revoke("openai", STORED)
    (needed,) = read_sign_in(error_of(daemon, "-m", "work/m")["data"], {}).needed
    assert (needed.state, needed.key) == ("rejected", "office")
    assert needed.reason
    assert needed.command == "aircher-cli auth login work --label office"


def test_a_rejected_variable_of_the_daemon(home):
    """Another key in the client's variable of the same name helps; the same one does not."""
    home.start({"WORK_KEY": WRONG})
    data = error_of(home, "-m", "work/m")["data"]
    assert read_sign_in(data, {"WORK_KEY": WRONG}).unseen == ()
    assert read_sign_in(data, {"WORK_KEY": STORED}).unseen == ("WORK_KEY",)
    assert home.cli("auth", "import", environ={"WORK_KEY": STORED}).returncode == 0
    assert home.cli("ask", "-m", "work/m", "hi").returncode == 0


@pytest.mark.secret_service
def test_a_locked_keyring(home):
    """There is no command: signing in again does not help."""
    with locked_keyring(home, STORED):
        data = error_of(home, "-m", "work/m")["data"]
        (needed,) = read_sign_in(data, {"WORK_KEY": WRONG}).needed
        assert (needed.state, needed.command, needed.unseen) == ("locked", "", ())
        assert "unlock" in needed.hint


def test_a_plan_without_a_candidate(daemon):
    """`route.explain` has the same data."""
    done = daemon.cli("route", "--json", "-m", "work/m")
    assert done.returncode == 4
    (needed,) = read_sign_in(json.loads(done.stdout), {}).needed
    assert needed.provider == "work"


def test_a_plan_with_a_candidate(daemon):
    """It has nothing to say about keys."""
    daemon.login("work", STORED)
    with daemon.client() as client:
        plan = client.call("route.explain", {"model": "work/m"})
    assert "sign_in" not in plan
