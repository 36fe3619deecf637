"""Limits are never exceeded, and a candidate at its limit is skipped with a reason."""

import time
from decimal import Decimal

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
from helpers.daemon.real_daemon import wait_until

PRICE = """
[catalog."work/gpt-5.5"]
input_price = 1000
output_price = 1000
"""
"""A thousandth of a dollar for each token: what is counted can be read off."""


@pytest.fixture
def started(home):
    """Start the daemon with these limits and return a client."""
    clients = []

    def start(more):
        home.write_config(home.config_file.read_text() + more)
        home.start(KEYS)
        clients.append(home.client())
        return clients[-1]

    yield start
    for client in clients:
        client.close()


def limit(amount, per="day", **scope):
    """Return a section of the configuration."""
    lines = [f'{name} = "{value}"' for name, value in scope.items()]
    return "\n".join(["", "[[limits]]", amount, f'per = "{per}"', *lines, ""])


def rows(client):
    """Return the rows of `limits.status`."""
    return client.call("limits.status")["limits"]


def cost(client, **by):
    """Return the total cost in the ledger."""
    return Decimal(client.call("usage.report")["totals"]["cost"])


SCOPES = {
    "everything": {},
    "a provider": {"provider": "work"},
    "a key": {"provider": "work", "key": "env:WORK_KEY"},
    "a model": {"model": "work/gpt-5.5"},
    "a client": {"provider": "work", "client": "aircher-cli"},
}


LONGEST = {"minute": 62, "hour": 3611, "day": 25 * 3600, "month": 31 * 86400 + 3600}
"""Seconds until there is room again, at most: minutes and hours roll in steps."""


@pytest.mark.parametrize(
    ("scope", "per"),
    [*((scope, "day") for scope in SCOPES), *(("a provider", per) for per in LONGEST)],
)
def test_requests_are_limited(started, scope, per):
    """The second one is not sent; the error has the limit, its usage and when it resets."""
    client = started(limit("requests = 1", per, **SCOPES[scope]))
    before = time.time()
    ask(client, model="work/gpt-5.5")
    error = refusal(client, model="work/gpt-5.5")
    assert (error.code, attempt_outcomes(error.data)) == ("limit_reached", [])
    assert "1 request used" in error.message
    assert f": 1 request a{'n' * (per == 'hour')} {per} (" in error.message
    until = error.data["skipped"][0]["until"]
    assert before < until <= before + LONGEST[per]
    (row,) = rows(client)
    assert (row["used"], row["max"], row["left"], row["share"]) == (1, 1, 0, 1.0)


def test_at_a_limit_the_fallback_answers(sim, home, started):
    """The skip has the reason; nothing is sent to the provider at its limit. Status says so too."""
    client = started(limit("requests = 1", provider="work"))
    assert ask(client)["provider"] == "work"
    got = ask(client)
    assert (attempt_outcomes(got), skip_reasons(got)) == (
        [("spare", "ok")],
        [("work", "limit_reached")],
    )
    assert len(chats(sim, "openai")) == 1
    lines = home.cli("status").stdout.splitlines()
    assert {" ".join(line.split()) for line in lines} >= {"⚠ work limited", "✓ spare ready"}


def test_another_client_and_another_model_have_room(home, started):
    """A limit applies only to its scope."""
    client = started(
        limit("requests = 1", client="aircher-cli") + limit("requests = 1", model="work/tiny")
    )
    ask(client)
    assert refusal(client).code == "all_failed"
    with home.client() as other:
        other.call("hello", {"client": {"name": "nvim"}})
        ask(other, model="work/tiny")
        assert skip_reasons(refusal(other, model="work/tiny").data) == [("work", "limit_reached")]
        assert ask(other)["provider"] == "work"


def test_tokens_are_limited_by_actual_usage(started):
    """The reservation is released: one of 100 tokens fits repeatedly."""
    client = started(limit("tokens = 200", provider="work"))
    used = 0
    for _ in range(3):
        usage = ask(client, max_tokens=100)["usage"]
        used += usage["input_tokens"] + usage["output_tokens"]
        assert rows(client)[0]["used"] == used
    assert skip_reasons(ask(client, max_tokens=300)) == [("work", "limit_reached")]


def test_a_budget_switches_the_provider_when_it_is_spent(started):
    """At the configured prices; the limit's row and the ledger agree exactly."""
    client = started(PRICE + limit('usd = "0.050"', provider="work"))
    providers = [ask(client, max_tokens=10)["provider"] for _ in range(12)]
    spent = Decimal(rows(client)[0]["used"])
    assert providers == sorted(providers, reverse=True)
    assert set(providers) == {"work", "spare"}
    assert 0 < spent <= Decimal("0.050")
    by = client.call("usage.report", {"by": ["provider"]})["rows"]
    assert {row["provider"]: Decimal(row["cost"]) for row in by}["work"] == spent


def test_an_unknown_price_does_not_pass_a_limit_in_usd(sim, started):
    """It is skipped as `price_unknown`; without a limit it would be used."""
    client = started(limit("usd = 5", provider="work"))
    error = refusal(client, model="work/unknown-model")
    assert error.code == "price_unknown"
    assert "price is not known" in error.message
    assert chats(sim) == []


@pytest.mark.parametrize("room", [1, 7, 50])
def test_two_hundred_at_once_do_not_overspend(sim, started, room):
    """Exactly as many are served as fit; the others fall back or get an error."""
    client = started(limit(f"requests = {room}", provider="work"))
    ends = run_concurrently(client, [a_chat(f"number {n}") for n in range(200)])
    served = [end["result"]["provider"] for end in ends]
    assert (served.count("work"), served.count("spare")) == (room, 200 - room)
    assert len(chats(sim, "openai")) == room
    assert rows(client)[0]["used"] == room


def test_two_hundred_at_once_spend_no_more_than_the_budget(sim, started):
    """Each reserves its maximum, so the budget is kept exactly."""
    sim.behave(delay=0.01)
    client = started(PRICE + limit("usd = 1", provider="work"))
    request = {"model": "work/gpt-5.5", "max_tokens": 10}
    ends = run_concurrently(client, [a_chat("one two three", **request) for _ in range(200)])
    answered = [end["result"] for end in ends if "result" in end]
    refused = {end["error"]["code"] for end in ends if "error" in end}
    assert (0 < len(answered) < 200, refused) == (True, {"limit_reached"})
    spent = sum(Decimal(each["cost"]) for each in answered)
    (row,) = rows(client)
    assert spent <= 1
    assert (Decimal(row["used"]), Decimal(row["reserved"]), cost(client)) == (spent, 0, spent)


def test_the_budget_is_exceeded_only_by_underestimated_requests(sim, started):
    """Answers are longer than usual: only requests that had room exceed the budget."""
    sim.behave(text="word")
    client = started(PRICE + limit("usd = 3", provider="work"))
    request = a_chat(model="work/gpt-5.5")
    while rows(client)[0]["share"] < 0.01:
        run_concurrently(client, [request] * 20)
    sim.behave(text="word " * 1000, first_delay=1.0)
    client.call("chat.start", request)
    (begun,) = rows(client)
    one = Decimal(begun["reserved"])
    places = 1 + (3 - Decimal(begun["used"]) - one) // one
    ends = run_concurrently(client, [request] * 200)
    dearest = max(Decimal(end["result"]["cost"]) for end in ends if "result" in end)
    assert sum("result" in end for end in ends) < places
    assert 3 < Decimal(rows(client)[0]["used"]) <= 3 + places * (dearest - one)
    assert refusal(client, model="work/gpt-5.5").code == "limit_reached"


def test_an_attempt_without_output_costs_nothing(sim, started):
    """A refused attempt counts as a request only."""
    client = started(PRICE + limit("usd = 1\nrequests = 10", provider="work"))
    sim.faults.add(Fault("error", error="overloaded", vendor="openai"))
    ask(client)
    used = {row["counted"]: row["used"] for row in rows(client)}
    assert (used["requests"], Decimal(used["usd"])) == (1, 0)


def test_one_event_is_sent_at_the_warning_level(home, started):
    """And one at the limit, not one per request."""
    client = started(limit("requests = 10", provider="work"))
    with collect_events(home, "usage") as events:
        for _ in range(10):
            ask(client)
    assert [(e["limit"], e["used"], e["share"]) for e in events] == [
        ("work: 10 requests a day", 8, 0.8),
        ("work: 10 requests a day", 10, 1.0),
    ]


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_usage_survives_a_restart(home, started, end):
    """After a clean stop and after a kill, the budget is not reset; a kill adds a margin."""
    client = started(limit("requests = 2\ntokens = 100000", provider="work"))
    ask(client)
    ask(client)
    before = {row["counted"]: row["used"] for row in rows(client)}
    client.call("usage.report")  # by then it is on disk
    if end == "stop":
        home.stop()
    else:
        home.process.kill()
        home.process.wait()
    home.start(KEYS)
    with home.client() as again:
        found = {row["counted"]: (row["used"], row.get("margin", 0)) for row in rows(again)}
        assert {name: used - margin for name, (used, margin) in found.items()} == before
        assert end == "kill" or not any(margin for _, margin in found.values())
        assert skip_reasons(ask(again)) == [("work", "limit_reached")]


def test_what_calls_use_is_known_after_a_restart(home, sim, started):
    """Of a model that is unknown, at most five calls would be out."""
    client = started(limit("tokens = 100000", provider="work"))
    request = {"model": "work/gpt-5.5", "max_tokens": 10}
    for _ in range(8):
        ask(client, **request)
    assert home.stop() == 0
    home.start(KEYS)
    sim.faults.add(Fault("stall", vendor="openai", times=12))
    with home.client() as again:
        for _ in range(12):
            again.call("chat.start", a_chat(**request))
        wait_until(lambda: len(chats(sim)) == 8 + 12, "all are out at once")


def test_a_damaged_ledger_does_not_reset_a_budget(home, sim, started):
    """The readable part counts, and the limit is marked incomplete."""
    client = started(limit("requests = 1", provider="work"))
    ask(client, model="work/gpt-5.5")
    home.stop()
    with (home.data / "ledger.db").open("r+b") as file:
        file.write(b"X" * 20)
    home.start(KEYS)
    with home.client() as again:
        assert refusal(again, model="work/gpt-5.5").code == "limit_reached"
        assert [(row["used"], row["incomplete"]) for row in rows(again)] == [(1, True)]
    assert len(chats(sim, "openai")) == 1


def test_a_limit_with_a_lost_ledger_is_marked_incomplete(home, started):
    """In all outputs and after a restart, until its window has passed."""
    client = started(limit("requests = 1", provider="work"))
    ask(client)
    home.stop()
    (home.data / "ledger.db").write_bytes(b"this is no database" * 1000)
    for _ in range(2):
        home.start(KEYS)
        with home.client() as again:
            assert [row["incomplete"] for row in rows(again)] == [True]
        shown = home.cli("limits")
        assert "+?" in shown.stdout
        assert "damaged" in shown.stderr
        assert "totals are incomplete" in home.cli("usage").stderr
        status = " ".join(home.cli("status").stdout.split())
        assert "ledger ⚠ usage was lost" in status
        home.stop()
    home.start(KEYS)


def test_the_length_of_answers_is_learned_from_the_ledger_after_a_restart(home, started):
    """A tight budget allows a request, although the default of 512 tokens would not fit."""
    client = started(PRICE + limit('usd = "0.70"', provider="work"))
    while Decimal(rows(client)[0]["left"]) > Decimal("0.40"):
        assert ask(client, "hi", model="work/gpt-5.5")["provider"] == "work"
    home.stop()
    home.start(KEYS)
    with home.client() as again:
        wish = {"model": "work/gpt-5.5", "messages": [{"role": "user", "content": "hi"}]}
        wait_until(lambda: again.call("route.explain", wish)["candidates"], "it is learned")
        assert ask(again, "hi", model="work/gpt-5.5")["provider"] == "work"


def test_an_interrupted_answer_counts_the_same_after_a_restart(home, sim, started):
    """Also for a limit that is added later; the report marks it as estimated."""
    client = started(PRICE + limit("tokens = 100000\nusd = 100", provider="work"))
    ask(client, model="work/gpt-5.5")
    sim.faults.add(Fault("stall", vendor="openai"))
    error = refusal(client, model="work/gpt-5.5", max_tokens=700, timeout=0.5)
    assert error.data["attempts"][0]["outcome"] == "timeout"
    before = [row["used"] for row in rows(client)]
    assert before[0] > 700
    totals = client.call("usage.report")["totals"]
    assert totals["input_tokens"] + totals["output_tokens"] == before[0]
    assert (totals["estimated"], totals["estimated_output_tokens"]) == (1, 700)
    assert (totals["cost"], totals["unknown_cost"]) == (before[1], 0)
    home.stop()
    home.write_config(home.config_file.read_text() + limit("tokens = 50000"))
    home.start(KEYS)
    with home.client() as again:
        assert [row["used"] for row in rows(again)] == [*before, before[0]]
        assert not any(row.get("incomplete") for row in rows(again))


def test_a_new_limit_counts_earlier_usage(home, started):
    """After a reload, from the ledger."""
    client = started("")
    ask(client)
    ask(client)
    home.write_config(home.config_file.read_text() + limit("requests = 3", provider="work"))
    client.call("config.reload")
    assert rows(client)[0]["used"] == 2
    assert [ask(client)["provider"] for _ in range(2)] == ["work", "spare"]


BAD = {
    "a negative limit": ("usd = -5", "limits[0].usd"),
    "an unknown provider": ('provider = "wrok"', 'did you mean "work"?'),
    "an alias": ('model = "chain"', "limits[0].model"),
    "a model of an unknown provider": ('model = "wrok/m"', 'did you mean "work"?'),
}


@pytest.mark.parametrize("name", BAD)
def test_an_invalid_limit_is_reported_with_its_line(home, started, name):
    """The daemon keeps the previous configuration."""
    line, said = BAD[name]
    client = started("")
    text = home.config_file.read_text() + "\n[[limits]]\nrequests = 5\nper = 'day'\n"
    home.write_config(text + line + "\n")
    done = home.cli("config", "reload")
    assert done.returncode != 0
    assert f"config.toml:{len(text.splitlines()) + 1}: limits[0]" in done.stderr
    assert said in done.stderr
    assert ask(client)["provider"] == "work"


def test_a_limit_with_an_unknown_name_gives_a_warning(home, started):
    """In `limits` and on reload; requests are still served."""
    started('[[limits]]\nmodel = "openai/gpt-5.55"\nper = "day"\nrequests = 5\n')
    for command in (("config", "reload"), ("limits",)):
        done = home.cli(*command)
        assert done.returncode == 0
        assert "'openai/gpt-5.55', an unknown model; did you mean" in done.stderr
    checked = home.cli("config", "check")
    line = home.config_file.read_text().splitlines().index('model = "openai/gpt-5.55"') + 1
    assert f"config.toml:{line}: limits[0] is for 'openai/gpt-5.55'" in checked.stderr


def test_an_invalid_configuration_has_no_limits_to_show(home, started):
    """It is not treated as one without limits."""
    started('[[limits]]\nper = "day"\nrequests = -5\n')
    done = home.cli("limits")
    assert done.returncode == 1
    assert "limits[0].requests: must be from 0" in done.stderr
