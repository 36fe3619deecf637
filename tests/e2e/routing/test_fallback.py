"""If anyone can answer, somebody does: who is asked when others cannot, over the real socket."""

import pytest

from aircherd.testing.simulator import Fault
from helpers.daemon.ipc_requests import (
    KEYS,
    a_chat,
    ask,
    burst,
    chats,
    listening,
    refusal,
    skips,
    way,
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
    """Start the daemon with keys for both providers, and more in its configuration."""
    home.write_config(home.config_file.read_text() + more)
    home.start({**KEYS, **environ})
    return home.client()


@pytest.fixture
def client(home):
    """A client of a daemon that may use both providers."""
    with start(home) as connected:
        yield connected


# ---------------------------------------------------------------------------- keys


def test_a_refused_key_switches_the_provider_and_is_told(home, sim, client):
    """The other one answers; events say which key was refused, and every attempt."""
    sim.keys.revoke("openai")
    with listening(home, "auth", "attempt") as told:
        got = ask(client)
    assert (got["provider"], way(got)) == ("spare", [("work", "auth_rejected"), ("spare", "ok")])
    assert [(e["provider"], e["outcome"]) for e in told if e["topic"] == "attempt"] == way(got)
    states = [e["state"] for e in told if e["topic"] == "auth" and e["provider"] == "work"]
    assert states[-1] == "rejected"
    assert skips(ask(client)) == [("work", "auth_rejected")]
    assert len(chats(sim, "openai")) == 1


def test_the_keys_of_a_provider_are_rotated_before_it_is_left(sim, client):
    """The second label serves while the first one is limited; only then the next provider."""
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
    assert way(got) == [("work", "quota_exhausted"), ("spare", "ok")]


# ---------------------------------------------------------------------------- storms


def test_in_a_storm_of_429_everybody_is_answered_and_the_limited_one_is_left_alone(sim, client):
    """Those under way may be refused; after that not one request goes there."""
    sim.faults.add(Fault("error", error="rate_limit", vendor="openai", retry_after=600, times=None))
    ends = burst(client, [a_chat(f"number {n}") for n in range(60)])
    assert {end["result"]["provider"] for end in ends} == {"spare"}
    asked = len(chats(sim, "openai"))
    ends = burst(client, [a_chat(f"number {n}") for n in range(60)])
    assert {end["result"]["provider"] for end in ends} == {"spare"}
    assert len(chats(sim, "openai")) == asked


def test_the_vendors_time_is_kept_to_and_then_it_serves_again(sim, client):
    """Not before Retry-After is over, and then without anybody's doing."""
    sim.faults.add(Fault("error", error="rate_limit", vendor="openai", retry_after=1.5))
    assert ask(client)["provider"] == "spare"
    while ask(client)["provider"] == "spare":
        pass
    first, second = chats(sim, "openai")
    assert second.at - first.at >= 1.5


# ---------------------------------------------------------------------------- outages


def test_one_that_dies_between_requests_is_left_for_the_other(home, sim):
    """Its port is closed: the health says so, and nobody waits for it again."""
    with simulator() as mortal:
        mortal.keys.accept("openai", KEYS["WORK_KEY"])
        home.write_config(home.config_file.read_text().replace(f"{sim.url}/v1", f"{mortal.url}/v1"))
        client = start(home)
        assert ask(client)["provider"] == "work"
    with client, listening(home, "provider") as told:
        assert way(ask(client)) == [("work", "network"), ("spare", "ok")]
        assert (way(again := ask(client)), skips(again)) == (
            [("spare", "ok")],
            [("work", "network")],
        )
    assert [(e["provider"], e["health"]) for e in told] == [("work", "unreachable")]


def test_one_that_dies_in_mid_stream_is_told_and_passed_over_by_the_next_request(sim, client):
    """Half an answer is never continued by somebody else."""
    sim.faults.add(Fault("cut", vendor="openai", after=2))
    error = refusal(client, "one two three four")
    assert (error.code, error.data["text"], way(error.data)) == (
        "truncated",
        "one two",
        [("work", "network")],
    )
    assert ask(client)["provider"] == "spare"


def test_with_everybody_down_one_error_tells_all(sim, client):
    """Every attempt with its reason, those passed over with the time of their return."""
    sim.faults.add(
        Fault("error", error="rate_limit", vendor="openai", retry_after=600, times=None),
        Fault("error", error="overloaded", vendor="anthropic", retry_after=300, times=None),
    )
    error = refusal(client)
    failed = [("work", "rate_limited"), ("spare", "overloaded")]
    assert (error.code, way(error.data)) == ("all_failed", failed)
    assert all(attempt["message"] in error.message for attempt in error.data["attempts"])
    error = refusal(client)
    assert (error.code, way(error.data), skips(error.data)) == ("all_failed", [], failed)
    back = {skip["provider"]: skip["until"] for skip in error.data["skipped"]}
    assert back["work"] - back["spare"] == pytest.approx(300, abs=5)
    assert error.data["until"] == back["spare"]


def test_the_only_one_there_is_asked_again_although_a_guess_says_to_wait(sim, client):
    """Nobody said for how long: a person who tries again is not told to wait."""
    sim.faults.add(Fault("error", error="server"))
    assert refusal(client, model="work/gpt-5.5").code == "provider_error"
    got = ask(client, model="work/gpt-5.5")
    assert (way(got), got["skipped"]) == ([("work", "ok")], [])


def test_a_guess_spares_the_others_the_wait(sim, client):
    """The same cooldown in a chain: the other one answers, and the last resort is not asked."""
    sim.faults.add(Fault("error", error="server", vendor="openai"))
    assert way(ask(client)) == [("work", "provider_error"), ("spare", "ok")]
    got = ask(client)
    assert (way(got), skips(got)) == ([("spare", "ok")], [("work", "provider_error")])


# ---------------------------------------------------------------------------- waiting


def test_who_may_wait_is_answered_when_somebody_is_back(sim, client):
    """One request, two attempts: the second one not before its time."""
    sim.faults.add(Fault("error", error="rate_limit", vendor="openai", retry_after=1))
    got = ask(client, model="work/gpt-5.5", wait=20.0)
    assert way(got) == [("work", "rate_limited"), ("work", "ok")]
    first, second = chats(sim, "openai")
    assert second.at - first.at >= 1


def test_nobody_waits_for_longer_than_allowed(sim, client):
    """Who is back in ten minutes is not waited for: the error comes at once."""
    sim.faults.add(Fault("error", error="rate_limit", vendor="openai", retry_after=600))
    error = refusal(client, model="work/gpt-5.5", wait=5.0)
    assert (error.code, way(error.data)) == ("rate_limited", [("work", "rate_limited")])


def test_nobody_waits_while_another_one_is_free(sim, client):
    """However long it may."""
    sim.faults.add(Fault("error", error="rate_limit", vendor="openai", retry_after=1))
    assert way(ask(client, wait=20.0)) == [("work", "rate_limited"), ("spare", "ok")]


# ---------------------------------------------------------------------------- order


def test_the_cheapest_is_asked_first_and_the_chain_says_who_is_next(home, sim):
    """By the prices of the configuration; the plan shows them."""
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
    assert way(got) == [("spare", "overloaded"), ("work", "ok")]


def test_the_strategy_of_the_configuration_holds_for_everybody(home):
    """`[fallback] strategy`, without a word from the client."""
    with start(home, '\n[fallback]\nstrategy = "cheapest"\n' + PRICES) as client:
        got = ask(client)
    assert got["provider"] == "spare"
    usage = got["usage"]
    millionths = usage["input_tokens"] + 2 * usage["output_tokens"]
    assert float(got["cost"]) * 1e6 == pytest.approx(millionths)


def test_who_costs_too_much_more_is_left_out(home, sim):
    """`max_cost_increase`: better no answer than that one, and it says so."""
    more = "\n[fallback]\nmax_cost_increase = 2.0\n" + PRICES
    reverse = '[models.dear]\nroutes = ["spare/claude-sonnet-5", "work/gpt-5.5"]\n'
    with start(home, more + reverse) as client:
        sim.faults.add(Fault("error", error="overloaded", vendor="anthropic", retry_after=60))
        error = refusal(client, model="dear")
    assert (way(error.data), skips(error.data)) == (
        [("spare", "overloaded")],
        [("work", "too_expensive")],
    )


def test_what_is_too_long_goes_only_to_a_larger_window(home, sim):
    """Not to one that is no larger, nor to one that nobody knows the size of."""
    with start(home, WINDOWS) as client:
        sim.faults.add(Fault("error", error="context", vendor="openai"))
        got = ask(client, model="sizes")
    assert [(a["model"], a["outcome"]) for a in got["attempts"]] == [
        ("small", "context_too_long"),
        ("large", "ok"),
    ]
    assert [s["model"] for s in got["skipped"]] == ["same", "unknown"]


def test_what_cannot_fit_is_not_even_sent(home, sim):
    """Three times the window, by any count."""
    with start(home, WINDOWS) as client:
        got = ask(client, "long words " * 1000, model="sizes", route={"providers": ["work"]})
        assert got["model"] == "unknown"
    assert len(chats(sim)) == 1


def test_a_conversation_stays_with_whom_it_fell_back_to(sim, client):
    """The first in the chain is well again, and others go there: this one has a cache elsewhere."""
    sim.faults.add(Fault("error", error="overloaded", vendor="openai"))
    assert ask(client, conversation="a talk")["provider"] == "spare"
    client.call("cooldowns.clear")
    assert ask(client, conversation="a talk")["provider"] == "spare"
    assert ask(client, conversation="another")["provider"] == "work"
    sim.faults.add(Fault("error", error="overloaded", vendor="anthropic"))
    assert way(ask(client, conversation="a talk")) == [("spare", "overloaded"), ("work", "ok")]


def test_a_provider_stands_in_for_another():
    """`fallback` of a provider: without any alias."""
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
