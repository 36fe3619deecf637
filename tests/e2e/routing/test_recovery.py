"""Recovery: a candidate is used again as soon as possible, and never before its own time."""

import time
from email.utils import formatdate

import pytest

from aircherd.testing.simulator import Fault
from helpers.daemon.ipc_requests import (
    KEYS,
    a_chat,
    ask,
    attempt_outcomes,
    chats,
    collect_events,
    refusal,
    run_concurrently,
    skip_reasons,
)
from helpers.daemon.quick_checks_aircherd import HASTY
from helpers.daemon.real_daemon import simulator, wait_until

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0

ROUTER = """
[providers.router]
kind = "openrouter"
base_url = "{url}/openrouter/api/v1"
env = "ROUTER_KEY"
"""


@pytest.fixture
def client(home):
    """A client of a daemon with both keys."""
    home.start(KEYS)
    with home.client() as connected:
        yield connected


def cooling(client):
    """Return the cooling candidates and the end of their cooldowns."""
    rows = client.call("events.subscribe", {"topics": ["provider"]})["snapshot"]["provider"]
    return {row["provider"]: row.get("until") for row in rows if row["health"] != "ok"}


# ---------------------------------------------------------------------------- coming back


def test_all_down_and_one_comes_back(home, sim):
    """A free check ends its cooldown early, without a request."""
    down = f"{sim.url}/v1", "{url}/v1"
    text = home.config_file.read_text()
    with simulator() as mortal:
        mortal.keys.accept("openai", KEYS["WORK_KEY"])
        port = int(mortal.url.rpartition(":")[2])
        home.write_config(text.replace(down[0], down[1].format(url=mortal.url)))
    home.start(KEYS, program=HASTY)
    with home.client() as client:
        sim.faults.add(
            Fault("error", error="overloaded", vendor="anthropic", retry_after=600, times=None)
        )
        error = refusal(client)
        assert (error.code, attempt_outcomes(error.data)) == (
            "all_failed",
            [("work", "network"), ("spare", "overloaded")],
        )
        # Each attempt of a last resort makes the cooldown longer, soon longer than any test.
        while (cooling(client)["work"] or 0) < time.time() + MINUTE:
            refusal(client, model="work/gpt-5.5")
        with simulator(port) as mortal:
            mortal.keys.accept("openai", KEYS["WORK_KEY"])
            wait_until(lambda: "work" not in cooling(client), "a free look ends the cooldown")
            assert chats(mortal) == []
            assert ask(client)["provider"] == "work"


def test_new_credit_is_noticed_without_a_request(home, sim):
    """OpenRouter reports a key's credit, so an hour's cooldown ends at once."""
    sim.keys.accept("openrouter", "canary-router-0123456789")
    home.write_config(home.config_file.read_text() + ROUTER.format(url=sim.url))
    sim.faults.add(Fault("error", error="quota", vendor="openrouter"))
    home.start({"ROUTER_KEY": "canary-router-0123456789"}, program=HASTY)
    with home.client() as client, collect_events(home, "provider") as events:
        assert refusal(client, model="router/openai/gpt-5.5").code == "quota_exhausted"
        wait_until(lambda: "router" not in cooling(client), "the credit is seen")
        assert ask(client, model="router/openai/gpt-5.5")["provider"] == "router"
    assert [event["health"] for event in events] == ["quota_exhausted", "ok"]
    assert len(chats(sim, "openrouter")) == 2


def test_a_rejected_key_is_used_again_after_a_successful_check(sim, client):
    """Without signing in again."""
    sim.keys.revoke("openai")
    assert attempt_outcomes(ask(client)) == [("work", "auth_rejected"), ("spare", "ok")]
    sim.keys.accept("openai", KEYS["WORK_KEY"])
    client.call("auth.test", {"provider": "work"})
    assert ask(client)["provider"] == "work"


def test_a_cooldown_survives_a_restart_and_a_kill(home, sim, client):
    """Its end stays the same, and `cooldowns.clear` ends it."""
    sim.faults.add(Fault("error", error="rate_limit", vendor="openai", retry_after=600))
    ask(client)
    until = cooling(client)["work"]
    wait_until((home.data / "cooldowns.json").exists, "it is written")
    home.process.kill()
    home.process.wait()
    home.start(KEYS)
    with home.client() as again:
        assert cooling(again)["work"] == pytest.approx(until, abs=2)
        assert skip_reasons(ask(again)) == [("work", "rate_limited")]
    home.stop()
    home.start(KEYS)
    with home.client() as again:
        assert cooling(again)["work"] == pytest.approx(until, abs=2)
        assert again.call("cooldowns.clear") == {"cleared": 1}
        assert ask(again)["provider"] == "work"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 99}', "\x00" * 1000])
def test_a_damaged_cooldown_file_is_ignored(home, content):
    """No candidate is blocked, and nothing fails."""
    home.data.mkdir(mode=0o700, parents=True)
    (home.data / "cooldowns.json").write_text(content)
    home.start(KEYS)
    with home.client() as client:
        assert ask(client)["provider"] == "work"


# ---------------------------------------------------------------------------- Retry-After

FIRST_GUESS = 1.0
"""The longest cooldown in seconds after a rate limit without a time."""

SAID = {
    "seconds": ("120", 120),
    "a fraction": ("90.5", 90.5),
    "a date": (lambda: formatdate(time.time() + 300, usegmt=True), 300),
    "a day": ("86400", DAY),
    "in the past": (lambda: formatdate(time.time() - 300, usegmt=True), FIRST_GUESS),
    "zero": ("0", FIRST_GUESS),
    "negative": ("-5", FIRST_GUESS),
    "years": (str(20 * 365 * DAY), FIRST_GUESS),
    "a date in years": ("Fri, 01 Jan 2100 00:00:00 GMT", FIRST_GUESS),
    "infinity": ("inf", FIRST_GUESS),
    "not a number": ("nan", FIRST_GUESS),
    "rubbish": ("soon, I hope", FIRST_GUESS),
    "nothing": ("", FIRST_GUESS),
    "many digits": ("9" * 4000, FIRST_GUESS),
}


@pytest.mark.parametrize("said", SAID)
def test_a_valid_retry_after_is_respected(sim, client, said):
    """In every format; an invalid one is ignored."""
    value, seconds = SAID[said]
    text = value if isinstance(value, str) else value()
    sim.faults.add(
        Fault(
            "error",
            vendor="openai",
            error="rate_limit",
            retry_format="none",
            exhausted="none",
            message="Slow down.",
            headers={"retry-after": text},
        )
    )
    before = time.time()
    got = ask(client)
    after = time.time()
    assert attempt_outcomes(got) == [("work", "rate_limited"), ("spare", "ok")]
    until = cooling(client).get("work")
    if seconds == FIRST_GUESS:
        assert until is None or until <= after + FIRST_GUESS
    else:
        assert before + seconds - 1.5 <= until <= after + seconds


def test_a_time_in_the_error_message_is_respected(sim, client):
    """Some vendors send it only there."""
    sim.faults.add(
        Fault(
            "error",
            vendor="openai",
            error="rate_limit",
            retry_format="none",
            exhausted="none",
            message="Rate limit reached. Please try again in 7m12s.",
        )
    )
    before = time.time()
    ask(client)
    assert before + 430 <= cooling(client)["work"] <= time.time() + 432


def test_a_later_refusal_never_shortens_a_cooldown(sim, client):
    """Of two concurrent requests one gets an hour and one a moment: the hour stays."""
    sim.faults.add(
        Fault("error", error="rate_limit", vendor="openai", retry_after=HOUR),
        Fault("error", error="rate_limit", vendor="openai", retry_after=2),
    )
    sim.behave(first_delay=0.3)
    assert {e["result"]["provider"] for e in run_concurrently(client, [a_chat(), a_chat()])} == {
        "spare"
    }
    assert len(chats(sim, "openai")) == 2
    assert cooling(client)["work"] > time.time() + HOUR - MINUTE
