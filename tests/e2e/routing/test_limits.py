"""What the user allows is never overspent, and who is at a limit is passed over with a reason."""

import time
from decimal import Decimal

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
    """A section of the configuration."""
    lines = [f'{name} = "{value}"' for name, value in scope.items()]
    return "\n".join(["", "[[limits]]", amount, f'per = "{per}"', *lines, ""])


def rows(client):
    """The limits, as `limits.status` has them."""
    return client.call("limits.status")["limits"]


def cost(client, **by):
    """The cost of everything, as the ledger has it."""
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
    """The second one is not sent, and the error says which limit, how far, and until when."""
    client = started(limit("requests = 1", per, **SCOPES[scope]))
    before = time.time()
    ask(client, model="work/gpt-5.5")
    error = refusal(client, model="work/gpt-5.5")
    assert (error.code, way(error.data)) == ("limit_reached", [])
    assert "1 request used" in error.message
    assert f": 1 request a{'n' * (per == 'hour')} {per} (" in error.message
    until = error.data["skipped"][0]["until"]
    assert before < until <= before + LONGEST[per]
    (row,) = rows(client)
    assert (row["used"], row["max"], row["left"], row["share"]) == (1, 1, 0, 1.0)


def test_at_a_limit_the_fallback_serves(sim, started):
    """The skip has the reason; nothing is sent to the one at its limit."""
    client = started(limit("requests = 1", provider="work"))
    assert ask(client)["provider"] == "work"
    got = ask(client)
    assert (way(got), skips(got)) == ([("spare", "ok")], [("work", "limit_reached")])
    assert len(chats(sim, "openai")) == 1


def test_another_client_and_another_model_have_room(home, started):
    """A limit holds for those it names."""
    client = started(
        limit("requests = 1", client="aircher-cli") + limit("requests = 1", model="work/tiny")
    )
    ask(client)
    assert refusal(client).code == "all_failed"
    with home.client() as other:
        other.call("hello", {"client": {"name": "nvim"}})
        ask(other, model="work/tiny")
        assert skips(refusal(other, model="work/tiny").data) == [("work", "limit_reached")]
        assert ask(other)["provider"] == "work"


def test_tokens_are_limited_by_what_was_really_used(started):
    """The reservation is given back: one of 100 tokens fits again and again."""
    client = started(limit("tokens = 200", provider="work"))
    used = 0
    for _ in range(3):
        usage = ask(client, max_tokens=100)["usage"]
        used += usage["input_tokens"] + usage["output_tokens"]
        assert rows(client)[0]["used"] == used
    assert skips(ask(client, max_tokens=300)) == [("work", "limit_reached")]


def test_a_budget_switches_the_provider_when_it_is_spent(started):
    """By the configuration's prices; the limit's row and the ledger agree to the last digit."""
    client = started(PRICE + limit('usd = "0.050"', provider="work"))
    providers = [ask(client, max_tokens=10)["provider"] for _ in range(12)]
    spent = Decimal(rows(client)[0]["used"])
    assert providers == sorted(providers, reverse=True)
    assert set(providers) == {"work", "spare"}
    assert 0 < spent <= Decimal("0.050")
    by = client.call("usage.report", {"by": ["provider"]})["rows"]
    assert {row["provider"]: Decimal(row["cost"]) for row in by}["work"] == spent


def test_an_unknown_price_does_not_pass_a_limit_in_usd(sim, started):
    """`price_unknown`, and a sentence; without a limit it would be asked."""
    client = started(limit("usd = 5", provider="work"))
    error = refusal(client, model="work/nobody-knows-me")
    assert error.code == "price_unknown"
    assert "price is not known" in error.message
    assert chats(sim) == []


@pytest.mark.parametrize("room", [1, 7, 50])
def test_two_hundred_at_once_do_not_overspend(sim, started, room):
    """Exactly as many are served as there is room for; the others go on, or are told."""
    client = started(limit(f"requests = {room}", provider="work"))
    ends = burst(client, [a_chat(f"number {n}") for n in range(200)])
    served = [end["result"]["provider"] for end in ends]
    assert (served.count("work"), served.count("spare")) == (room, 200 - room)
    assert len(chats(sim, "openai")) == room
    assert rows(client)[0]["used"] == room


def test_two_hundred_at_once_spend_no_more_than_there_is(sim, started):
    """Each reserves what it may take at most, so the budget holds to the last digit."""
    sim.behave(delay=0.01)
    client = started(PRICE + limit("usd = 1", provider="work"))
    request = {"model": "work/gpt-5.5", "max_tokens": 10}
    ends = burst(client, [a_chat("one two three", **request) for _ in range(200)])
    answered = [end["result"] for end in ends if "result" in end]
    refused = {end["error"]["code"] for end in ends if "error" in end}
    assert (0 < len(answered) < 200, refused) == (True, {"limit_reached"})
    spent = sum(Decimal(each["cost"]) for each in answered)
    (row,) = rows(client)
    assert spent <= 1
    assert (Decimal(row["used"]), Decimal(row["reserved"]), cost(client)) == (spent, 0, spent)


def test_beyond_the_budget_goes_no_more_than_what_was_guessed_too_low(sim, started):
    """Answers of 1,000 tokens where few are usual: only those go beyond that had found room."""
    sim.behave(text="word")
    client = started(PRICE + limit("usd = 3", provider="work"))
    request = a_chat(model="work/gpt-5.5")
    while rows(client)[0]["share"] < 0.01:
        burst(client, [request] * 20)
    sim.behave(text="word " * 1000, first_delay=1.0)
    client.call("chat.start", request)
    (begun,) = rows(client)
    one = Decimal(begun["reserved"])
    places = 1 + (3 - Decimal(begun["used"]) - one) // one
    ends = burst(client, [request] * 200)
    dearest = max(Decimal(end["result"]["cost"]) for end in ends if "result" in end)
    assert sum("result" in end for end in ends) < places
    assert 3 < Decimal(rows(client)[0]["used"]) <= 3 + places * (dearest - one)
    assert refusal(client, model="work/gpt-5.5").code == "limit_reached"


def test_what_produced_nothing_takes_no_money(sim, started):
    """A refused attempt counts as a request alone."""
    client = started(PRICE + limit("usd = 1\nrequests = 10", provider="work"))
    sim.faults.add(Fault("error", error="overloaded", vendor="openai"))
    ask(client)
    used = {row["counted"]: row["used"] for row in rows(client)}
    assert (used["requests"], Decimal(used["usd"])) == (1, 0)


def test_at_four_fifths_an_event_tells_once(home, started):
    """And when it is full once more; not with every request."""
    client = started(limit("requests = 10", provider="work"))
    with listening(home, "usage") as told:
        for _ in range(10):
            ask(client)
    assert [(e["limit"], e["used"], e["share"]) for e in told] == [
        ("work: 10 requests a day", 8, 0.8),
        ("work: 10 requests a day", 10, 1.0),
    ]


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_what_is_used_survives(home, started, end):
    """The end of the daemon, whichever: the budget is not whole again."""
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
        assert {row["counted"]: row["used"] for row in rows(again)} == before
        assert skips(ask(again)) == [("work", "limit_reached")]


def test_a_budget_is_not_whole_again_by_a_damaged_ledger(home, sim, started):
    """What can be read of it counts, and the limit says that this may not be all."""
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


def test_a_budget_whose_ledger_was_lost_says_so(home, started):
    """Of all that tells of limits, and after the next restart too, until its window has passed."""
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
        assert "not the whole" in home.cli("usage").stderr
        status = " ".join(home.cli("status").stdout.split())
        assert "ledger something was lost" in status
        home.stop()
    home.start(KEYS)


def test_a_tight_budget_is_not_full_of_guesses_after_a_restart(home, started):
    """How long answers are is learned from the ledger: 512 tokens would not fit any more."""
    client = started(PRICE + limit('usd = "0.70"', provider="work"))
    while Decimal(rows(client)[0]["left"]) > Decimal("0.40"):
        assert ask(client, "hi", model="work/gpt-5.5")["provider"] == "work"
    home.stop()
    home.start(KEYS)
    with home.client() as again:
        wish = {"model": "work/gpt-5.5", "messages": [{"role": "user", "content": "hi"}]}
        wait_until(lambda: again.call("route.explain", wish)["candidates"], "it is learned")
        assert ask(again, "hi", model="work/gpt-5.5")["provider"] == "work"


def test_what_was_cut_off_counts_the_same_after_a_restart(home, sim, started):
    """And under a limit that comes later; the report says that it is estimated."""
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


def test_a_new_limit_counts_what_was_used_before_it(home, started):
    """With a reload: from the ledger."""
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
    "a model of nobody": ('model = "wrok/m"', 'did you mean "work"?'),
}


@pytest.mark.parametrize("name", BAD)
def test_a_limit_that_does_not_hold_is_told_with_its_line(home, started, name):
    """And the daemon goes on with what was there before."""
    line, said = BAD[name]
    client = started("")
    text = home.config_file.read_text() + "\n[[limits]]\nrequests = 5\nper = 'day'\n"
    home.write_config(text + line + "\n")
    done = home.cli("config", "reload")
    assert done.returncode != 0
    assert f"config.toml:{len(text.splitlines()) + 1}: limits[0]" in done.stderr
    assert said in done.stderr
    assert ask(client)["provider"] == "work"


def test_a_limit_for_what_nobody_knows_is_told(home, started):
    """Where limits are looked at, and when they are loaded; and it is no reason not to serve."""
    started('[[limits]]\nmodel = "openai/gpt-5.55"\nper = "day"\nrequests = 5\n')
    for command in (("config", "reload"), ("limits",)):
        done = home.cli(*command)
        assert done.returncode == 0
        assert "'openai/gpt-5.55', a model that nobody knows; did you mean" in done.stderr
    checked = home.cli("config", "check")
    line = home.config_file.read_text().splitlines().index('model = "openai/gpt-5.55"') + 1
    assert f"config.toml:{line}: limits[0] is for 'openai/gpt-5.55'" in checked.stderr


def test_an_invalid_configuration_has_no_limits_to_show(home, started):
    """It is not taken for one without limits."""
    started('[[limits]]\nper = "day"\nrequests = -5\n')
    done = home.cli("limits")
    assert done.returncode == 1
    assert "limits[0].requests: must be from 0" in done.stderr
