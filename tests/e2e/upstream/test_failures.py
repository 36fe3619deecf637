"""Another daemon that fails, refuses, goes away or says nothing: through real daemons."""

import signal
import socket
import threading

import pytest

from aircher_wire import frames
from aircherd.testing.simulator import Fault
from helpers.daemon.ipc_requests import (
    KEYS,
    ask,
    attempt_outcomes,
    chats,
    refusal,
    run_concurrently,
)
from helpers.daemon.real_daemon import wait_until

MODEL = "laptop/spare/claude-sonnet-5"


def test_a_key_that_is_missing_there_is_reported_with_where_to_sign_in(client):
    """Signing in here would not help, so no client offers it."""
    error = refusal(client, model="laptop/bare/gpt-5.5")
    assert error.code == "provider_error"
    assert "no key for bare" in error.message
    assert "has to be stored where that daemon runs" in error.message
    assert "sign_in" not in error.data


def test_a_key_that_is_rejected_there_is_reported(pair, client):
    """It is not this daemon's key either."""
    pair.sim.keys.revoke("anthropic")
    try:
        error = refusal(client, model=MODEL)
    finally:
        pair.sim.keys.accept("anthropic", KEYS["SPARE_KEY"])
        with pair.back.client() as direct:
            direct.call("auth.test", {"provider": "spare"})
    assert error.code == "provider_error"
    assert "has to be stored where that daemon runs" in error.message
    assert KEYS["SPARE_KEY"] not in pair.front.everything_written()


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault("error", error="rate_limit", retry_after=120), "rate_limited"),
        (Fault("error", error="overloaded", times=None), "overloaded"),
        (Fault("error", error="context", times=None), "context_too_long"),
        (Fault("cut", after=2), "truncated"),
    ],
)
def test_what_failed_there_fails_here_in_the_same_way(pair, client, fault, code):
    """With its class, and the provider's own words."""
    pair.sim.faults.add(fault)
    error = refusal(client, model=MODEL)
    assert (error.code, f"the daemon at {pair.back.socket}" in error.message) == (code, True)


def test_a_limit_there_ends_in_time_here(pair, client):
    """When the key there is available again, it is here; other models of the daemon go on."""
    pair.sim.faults.add(Fault("error", error="rate_limit", retry_after=120, vendor="anthropic"))
    there = refusal(client, model=MODEL)
    again = refusal(client, model=MODEL)
    assert again.data["skipped"][0]["reason"] == "rate_limited"
    assert again.data["until"] == pytest.approx(there.data["until"], abs=2)
    assert ask(client, model="laptop/work/gpt-5.5")["provider"] == "laptop"


def test_an_unknown_model_there_is_unknown_here(client):
    """And another one is asked."""
    assert refusal(client, model="laptop/nothing/x").code == "unknown_model"


def test_the_next_provider_answers_when_the_daemon_goes_away(pair, client):
    """And the daemon again when it is back."""
    assert ask(client, model="safe")["provider"] == "laptop"
    pair.back.stop()
    got = ask(client, model="safe")
    assert attempt_outcomes(got) == [("laptop", "network"), ("own", "ok")]
    assert "no socket at" in got["attempts"][0]["message"]
    pair.back.start({**KEYS, "OWN_KEY": "canary-own-0123456789abcdef"})
    client.call("cooldowns.clear", {})
    assert ask(client, model="safe")["provider"] == "laptop"


def test_a_daemon_that_is_killed_in_the_middle_of_an_answer_is_reported(pair, client):
    """What has come is kept; before any output the next provider answers."""
    pair.sim.faults.add(Fault("stall", after=1))
    before = len(chats(pair.sim))

    def wait_and_kill():
        wait_until(lambda: len(chats(pair.sim)) > before, "both are asked")
        pair.back.stop(signal.SIGKILL)

    killer = threading.Thread(target=wait_and_kill)
    killer.start()
    error = refusal(client, model=MODEL, prompt="one two three")
    killer.join()
    pair.back.start({**KEYS, "OWN_KEY": "canary-own-0123456789abcdef"})
    assert error.code in ("network", "truncated")
    client.call("cooldowns.clear", {})
    assert ask(client, model=MODEL)["answered_by"] == "spare/claude-sonnet-5"


def test_many_requests_share_one_connection(pair, client):
    """The daemon there sees one client."""
    requests = [
        {"model": MODEL, "messages": [{"role": "user", "content": f"number {number}"}]}
        for number in range(64)
    ]
    ends = run_concurrently(client, requests)
    texts = {end["result"]["message"]["content"][0]["text"] for end in ends}
    assert texts == {f"number {number}" for number in range(64)}
    with pair.back.client() as direct:
        connected = direct.call("status", {"clients": True, "keyring": False})["connected"]
    assert [each["name"] for each in connected].count("aircherd") == 1


def test_a_client_that_does_not_read_stops_no_other(pair, client):
    """Its long answers wait, in both daemons; when it leaves, they are cancelled there."""
    words = " ".join(map(str, range(20_000)))
    with socket.socket(socket.AF_UNIX) as stuck:
        stuck.connect(str(pair.front.socket))
        for number in range(4):
            messages = [{"role": "user", "content": words}]
            request = {"model": "laptop/work/gpt-5.5", "messages": messages}
            stuck.sendall(frames.encode_request(number, "chat", request))
        assert ask(client, model=MODEL)["provider"] == "laptop"
    with pair.back.client() as direct:

        def active() -> int:
            return direct.call("status", {"keyring": False})["requests"]["active"]

        wait_until(lambda: not active(), "its requests have ended there")


def test_a_socket_where_nothing_answers_fails_in_time(pair, client, tmp_path):
    """As with a laptop that sleeps: it connects, and then there is silence."""
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "s"))
        silent.listen()
        text = pair.front.config_file.read_text()
        pair.front.write_config(
            f'{text}\n[providers.asleep]\nkind = "socket"\npath = "{tmp_path / "s"}"\n'
            '[models.sleepy]\nroutes = ["asleep/x", "own/gemini-3.8-flash"]\n'
        )
        client.call("config.reload", {})
        got = ask(client, model="sleepy")
        pair.front.write_config(text)
        client.call("config.reload", {})
    assert attempt_outcomes(got) == [("asleep", "timeout"), ("own", "ok")]
    assert "may sleep" in got["attempts"][0]["message"]


def test_doctor_says_what_to_do_about_a_daemon_that_is_away(pair):
    """Nothing about networks and proxies: there is a socket or not."""
    pair.back.stop()
    try:
        shown = pair.front.cli("doctor").stdout
    finally:
        pair.back.start({**KEYS, "OWN_KEY": "canary-own-0123456789abcdef"})
    assert "or where it is on another machine, run 'aircher-cli forward' there" in shown
    assert "curl -sSI unix" not in shown
