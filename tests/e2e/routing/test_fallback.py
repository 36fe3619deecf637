"""Fallback over the real socket: a request succeeds if any candidate can answer it."""

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
from helpers.daemon.real_daemon import home as open_home
from helpers.daemon.real_daemon import simulator

PRICES = """
[catalog."work/gpt-5.5"]
input_price = 10
output_price = 30

[catalog."spare/claude-sonnet-5"]
input_price = 1
output_price = 2
"""

WINDOWS = """
[models.sizes]
routes = ["work/small", "work/same", "work/unknown", "spare/large"]

[catalog."work/small"]
window = 1000

[catalog."work/same"]
window = 1000

[catalog."spare/large"]
window = 100000
"""


def start(home, more="", **environ):
    """Start the daemon with keys for both providers and further configuration."""
    home.write_config(home.config_file.read_text() + more)
    home.start({**KEYS, **environ})
    return home.client()


@pytest.fixture
def client(home):
    """A client of a daemon with both keys."""
    with start(home) as connected:
        yield connected


# ---------------------------------------------------------------------------- keys


def test_a_rejected_key_switches_the_provider_and_is_reported(home, sim, client):
    """The other one answers; events report the rejected key and every attempt."""
    sim.keys.revoke("openai")
    with collect_events(home, "auth", "attempt") as events:
        got = ask(client)
    assert (got["provider"], attempt_outcomes(got)) == (
        "spare",
        [("work", "auth_rejected"), ("spare", "ok")],
    )
    assert [
        (e["provider"], e["outcome"]) for e in events if e["topic"] == "attempt"
    ] == attempt_outcomes(got)
    states = [e["state"] for e in events if e["topic"] == "auth" and e["provider"] == "work"]
    assert states[-1] == "rejected"
    assert skip_reasons(ask(client)) == [("work", "auth_rejected")]
    assert len(chats(sim, "openai")) == 1


def test_the_keys_of_a_provider_are_rotated_before_it_is_left(sim, client):
    """The second key is used while the first one is limited, before the next provider."""
    names = {"first": "canary-first-0123456789", "second": "canary-second-0123456789"}
    for label, key in names.items():
        sim.keys.accept("openai", key)
        client.call("auth.login", {"provider": "work", "label": label, "key": key})
    sim.faults.add(Fault("error", error="quota", key=names["first"], times=None))
    got = ask(client)
    assert [(a["provider"], a["key"], a["outcome"]) for a in got["attempts"]] == [
        ("work", "first", "quota_exhausted"),
        ("work", "second", "ok"),
    ]
    sim.faults.add(Fault("error", error="quota", key=names["second"], times=None))
    got = ask(client)
    assert [(s["key"], s["reason"]) for s in got["skipped"]] == [("first", "quota_exhausted")]
    assert attempt_outcomes(got) == [("work", "quota_exhausted"), ("spare", "ok")]


# ---------------------------------------------------------------------------- storms


def test_under_many_429s_all_requests_are_answered_and_the_limited_provider_is_skipped(sim, client):
    """Concurrent requests may be refused; after that no request is sent there."""
    sim.faults.add(Fault("error", error="rate_limit", vendor="openai", retry_after=600, times=None))
    ends = run_concurrently(client, [a_chat(f"number {n}") for n in range(60)])
    assert {end["result"]["provider"] for end in ends} == {"spare"}
    asked = len(chats(sim, "openai"))
    ends = run_concurrently(client, [a_chat(f"number {n}") for n in range(60)])
    assert {end["result"]["provider"] for end in ends} == {"spare"}
    assert len(chats(sim, "openai")) == asked


def test_retry_after_is_respected_and_then_the_provider_is_used_again(sim, client):
    """Not before Retry-After has passed, and then automatically."""
    sim.faults.add(Fault("error", error="rate_limit", vendor="openai", retry_after=1.5))
    assert ask(client)["provider"] == "spare"
    while ask(client)["provider"] == "spare":
        pass
    first, second = chats(sim, "openai")
    assert second.at - first.at >= 1.5


# ---------------------------------------------------------------------------- outages


def test_a_provider_that_goes_down_is_skipped(home, sim):
    """Its port is closed: its health is `unreachable`, and later requests skip it."""
    with simulator() as mortal:
        mortal.keys.accept("openai", KEYS["WORK_KEY"])
        home.write_config(home.config_file.read_text().replace(f"{sim.url}/v1", f"{mortal.url}/v1"))
        client = start(home)
        assert ask(client)["provider"] == "work"
    with client, collect_events(home, "provider") as events:
        assert attempt_outcomes(ask(client)) == [("work", "network"), ("spare", "ok")]
        assert (attempt_outcomes(again := ask(client)), skip_reasons(again)) == (
            [("spare", "ok")],
            [("work", "network")],
        )
    assert [(e["provider"], e["health"]) for e in events] == [("work", "unreachable")]


def test_a_provider_that_fails_in_mid_stream_is_reported_and_skipped_next(sim, client):
    """A partial answer is never continued by another provider."""
    sim.faults.add(Fault("cut", vendor="openai", after=2))
    error = refusal(client, "one two three four")
    assert (error.code, error.data["text"], attempt_outcomes(error.data)) == (
        "truncated",
        "one two",
        [("work", "network")],
    )
    assert ask(client)["provider"] == "spare"


def test_with_all_providers_down_one_error_has_all_reasons(sim, client):
    """Every attempt with its reason, and skipped candidates with the end of their cooldown."""
    sim.faults.add(
        Fault("error", error="rate_limit", vendor="openai", retry_after=600, times=None),
        Fault("error", error="overloaded", vendor="anthropic", retry_after=300, times=None),
    )
    error = refusal(client)
    failed = [("work", "rate_limited"), ("spare", "overloaded")]
    assert (error.code, attempt_outcomes(error.data)) == ("all_failed", failed)
    assert all(attempt["message"] in error.message for attempt in error.data["attempts"])
    error = refusal(client)
    assert (error.code, attempt_outcomes(error.data), skip_reasons(error.data)) == (
        "all_failed",
        [],
        failed,
    )
    back = {skip["provider"]: skip["until"] for skip in error.data["skipped"]}
    assert back["work"] - back["spare"] == pytest.approx(300, abs=5)
    assert error.data["until"] == back["spare"]


def test_the_only_candidate_is_tried_despite_a_guessed_cooldown(sim, client):
    """The provider gave no time, so a user who retries does not have to wait."""
    sim.faults.add(Fault("error", error="server"))
    assert refusal(client, model="work/gpt-5.5").code == "provider_error"
    got = ask(client, model="work/gpt-5.5")
    assert (attempt_outcomes(got), got["skipped"]) == ([("work", "ok")], [])


def test_a_guessed_cooldown_is_kept_if_another_candidate_answers(sim, client):
    """In a chain the other one answers, and the cooling one is not called."""
    sim.faults.add(Fault("error", error="server", vendor="openai"))
    assert attempt_outcomes(ask(client)) == [("work", "provider_error"), ("spare", "ok")]
    got = ask(client)
    assert (attempt_outcomes(got), skip_reasons(got)) == (
        [("spare", "ok")],
        [("work", "provider_error")],
    )


# ---------------------------------------------------------------------------- waiting


def test_a_request_that_may_wait_is_answered_after_the_cooldown(sim, client):
    """One request makes two attempts; the second one after the cooldown."""
    sim.faults.add(Fault("error", error="rate_limit", vendor="openai", retry_after=1))
    got = ask(client, model="work/gpt-5.5", wait=20.0)
    assert attempt_outcomes(got) == [("work", "rate_limited"), ("work", "ok")]
    first, second = chats(sim, "openai")
    assert second.at - first.at >= 1


def test_a_request_never_waits_longer_than_allowed(sim, client):
    """If the cooldown ends in ten minutes, the error is returned at once."""
    sim.faults.add(Fault("error", error="rate_limit", vendor="openai", retry_after=600))
    error = refusal(client, model="work/gpt-5.5", wait=5.0)
    assert (error.code, attempt_outcomes(error.data)) == (
        "rate_limited",
        [("work", "rate_limited")],
    )


def test_a_request_does_not_wait_if_a_candidate_is_available(sim, client):
    """However long `wait` is."""
    sim.faults.add(Fault("error", error="rate_limit", vendor="openai", retry_after=1))
    assert attempt_outcomes(ask(client, wait=20.0)) == [("work", "rate_limited"), ("spare", "ok")]


# ---------------------------------------------------------------------------- order


def test_the_cheapest_strategy_tries_the_cheapest_first(home, sim):
    """By the configured prices, which the plan shows."""
    with start(home, PRICES) as client:
        assert ask(client)["provider"] == "work"
        route = {"strategy": "cheapest"}
        assert ask(client, route=route)["provider"] == "spare"
        plan = client.call("route.explain", a_chat(route=route))
        asked = [(each["provider"], each["why"]) for each in plan["candidates"]]
        assert [name for name, _ in asked] == ["spare", "work"]
        assert all(why.startswith("about $") for _, why in asked)
        sim.faults.add(Fault("error", error="overloaded", vendor="anthropic"))
        got = ask(client, route=route)
    assert attempt_outcomes(got) == [("spare", "overloaded"), ("work", "ok")]


def test_the_configured_strategy_applies_to_all_requests(home):
    """`[fallback] strategy`, without a client's option."""
    with start(home, '\n[fallback]\nstrategy = "cheapest"\n' + PRICES) as client:
        got = ask(client)
    assert got["provider"] == "spare"
    usage = got["usage"]
    millionths = usage["input_tokens"] + 2 * usage["output_tokens"]
    assert float(got["cost"]) * 1e6 == pytest.approx(millionths)


def test_a_candidate_that_costs_too_much_more_is_skipped(home, sim):
    """`max_cost_increase`: the error says so, even if there is no other candidate."""
    more = "\n[fallback]\nmax_cost_increase = 2.0\n" + PRICES
    reverse = '[models.dear]\nroutes = ["spare/claude-sonnet-5", "work/gpt-5.5"]\n'
    with start(home, more + reverse) as client:
        sim.faults.add(Fault("error", error="overloaded", vendor="anthropic", retry_after=60))
        error = refusal(client, model="dear")
    assert (attempt_outcomes(error.data), skip_reasons(error.data)) == (
        [("spare", "overloaded")],
        [("work", "too_expensive")],
    )


def test_a_too_long_prompt_falls_back_only_to_a_larger_window(home, sim):
    """Not to one that is not larger, nor to one of unknown size."""
    with start(home, WINDOWS) as client:
        sim.faults.add(Fault("error", error="context", vendor="openai"))
        got = ask(client, model="sizes")
    assert [(a["model"], a["outcome"]) for a in got["attempts"]] == [
        ("small", "context_too_long"),
        ("large", "ok"),
    ]
    assert [s["model"] for s in got["skipped"]] == ["same", "unknown"]


def test_a_prompt_that_cannot_fit_is_not_sent(home, sim):
    """It has three times the size of the window."""
    with start(home, WINDOWS) as client:
        got = ask(client, "long words " * 1000, model="sizes", route={"providers": ["work"]})
        assert got["model"] == "unknown"
    assert len(chats(sim)) == 1


def test_a_conversation_stays_with_its_fallback(sim, client):
    """The first candidate is available again and used by others; this one has a cache elsewhere."""
    sim.faults.add(Fault("error", error="overloaded", vendor="openai"))
    assert ask(client, conversation="a talk")["provider"] == "spare"
    client.call("cooldowns.clear")
    assert ask(client, conversation="a talk")["provider"] == "spare"
    assert ask(client, conversation="another")["provider"] == "work"
    sim.faults.add(Fault("error", error="overloaded", vendor="anthropic"))
    assert attempt_outcomes(ask(client, conversation="a talk")) == [
        ("spare", "overloaded"),
        ("work", "ok"),
    ]


def test_a_provider_can_be_the_fallback_of_another():
    """`fallback` of a provider works without an alias."""
    with simulator() as sim, open_home() as home:
        sim.keys.accept("openai", "*")
        server = f'kind = "openai"\nbase_url = "{sim.url}/v1"\nauth = "none"\n'
        replacement_reply = 'fallback = ["second/other"]\n'
        home.write_config(
            f"[providers.first]\n{server}{replacement_reply}[providers.second]\n{server}"
        )
        home.start()
        sim.faults.add(Fault("error", error="overloaded", model="m"))
        with home.client() as client:
            got = ask(client, model="first/m")
    assert [(a["provider"], a["model"], a["outcome"]) for a in got["attempts"]] == [
        ("first", "m", "overloaded"),
        ("second", "other", "ok"),
    ]
