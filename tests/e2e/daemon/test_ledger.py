"""The ledger over the socket: every attempt once, whatever ends the daemon or ails the file."""

import random
import sqlite3
from contextlib import closing
from decimal import Decimal

import pytest

from aircherd.testing.simulator import Fault
from helpers.daemon.ipc_requests import KEYS, a_chat, ask, burst, chats
from helpers.daemon.real_daemon import home as open_home
from helpers.daemon.real_daemon import simulator
from helpers.killing import CONFIG, Killer
from helpers.ledger import attempts, execute, query, sums

PRICE = """
[catalog."work/gpt-5.5"]
input_price = "2.5"
output_price = 15
cached_price = "0.25"
"""


@pytest.fixture
def client(home):
    """A client of a daemon that may use both providers, and knows the price of one."""
    home.write_config(home.config_file.read_text() + PRICE)
    home.start(KEYS)
    with home.client() as connected:
        yield connected


def ledger(home):
    """The file; nobody may have it open."""
    return home.data / "ledger.db"


def report(client, *by):
    """The rows of a report, by what they are grouped by."""
    rows = client.call("usage.report", {"by": list(by)})["rows"]
    return {tuple(row.get(name) for name in by): row for row in rows}


# ---------------------------------------------------------------------------- what is in it


def test_every_attempt_is_a_row_with_its_outcome(home, sim, client):
    """Those that failed too: as many as the provider received."""
    sim.faults.add(
        Fault("error", error="overloaded", vendor="openai"), Fault("cut", vendor="anthropic")
    )
    burst(client, [a_chat() for _ in range(20)])
    got = {key: row["requests"] for key, row in report(client, "provider", "outcome").items()}
    assert sum(n for (name, _), n in got.items() if name == "work") == len(chats(sim, "openai"))
    assert got["work", "overloaded"] == 1
    home.stop()
    said, true = sums(ledger(home), "days")
    assert said == true


def test_the_cost_is_what_the_answers_said(sim, client):
    """To the last digit, cached tokens at their price; what has no price is counted as such."""
    sim.behave(cached_tokens=2)
    told = [ask(client, f"{'word ' * n}") for n in range(1, 20)]
    spent = sum(Decimal(each["cost"]) for each in told)
    totals = client.call("usage.report")["totals"]
    assert (Decimal(totals["cost"]), totals["unknown_cost"]) == (spent, 0)
    assert totals["cached_tokens"] == sum(each["usage"]["cached_tokens"] for each in told) > 0
    ask(client, model="work/nobody-knows-me")
    totals = client.call("usage.report")["totals"]
    assert (Decimal(totals["cost"]), totals["unknown_cost"]) == (spent, 1)


def test_it_says_who_asked_and_where(home, client):
    """The first request of a connection too, which comes with its introduction."""
    for name, project in (("nvim", "/src/one"), ("nvim", "/src/two"), ("script", "/src/two")):
        with home.client() as other:
            other.call("hello", {"client": {"name": name}, "project": project})
            ask(other)
    for project in ("", "", "/src/two", "/src/two"):
        asked = home.cli("ask", "-m", "chain", "hello", environ={"AIRCHER_PROJECT": project})
        assert asked.returncode == 0
    got = {key: row["requests"] for key, row in report(client, "client", "project").items()}
    assert got == {
        ("nvim", "/src/one"): 1,
        ("nvim", "/src/two"): 1,
        ("script", "/src/two"): 1,
        ("aircher-cli", None): 2,
        ("aircher-cli", "/src/two"): 2,
    }


def test_neither_prompt_nor_answer_nor_key_is_in_it(home, client):
    """Not in any byte of its files."""
    ask(client, "my-secret-prompt of today")
    client.call("usage.report")
    home.stop()
    written = b"".join(path.read_bytes() for path in home.data.glob("ledger.db*"))
    assert b"gpt-5.5" in written
    assert b"my-secret-prompt" not in written
    assert KEYS["WORK_KEY"].encode() not in written


# ---------------------------------------------------------------------------- kill -9


def test_kill_9_at_random_points_loses_and_doubles_nothing():
    """What a report has told stays; each attempt is there once or, if it was too young, not."""
    with simulator() as sim, open_home() as home:
        home.write_config(CONFIG.format(url=sim.url))
        killer = Killer(home, sim, random.Random(5))  # noqa: S311 - the same points in every run
        for _ in range(6):
            killer.round()
        assert killer.committed > 0
        assert killer.check() > 0


def test_what_was_under_way_is_unknown_and_counts_as_estimated(home, sim, client):
    """It may have been paid for: the report says so."""
    sim.faults.add(Fault("stall", vendor="openai"))
    client.call("chat.start", a_chat(max_tokens=1000))
    assert client.call("usage.report")["totals"]["requests"] == 0  # and what is begun is on disk
    home.process.kill()
    home.process.wait()
    home.start(KEYS)
    with home.client() as again:
        row = report(again, "outcome")["unknown",]
    assert (row["requests"], row["output_tokens"]) == (1, 1000)
    assert Decimal(row["cost"]) > Decimal("0.015")
    assert (row["estimated"], row["estimated_cost"]) == (1, row["cost"])


# ---------------------------------------------------------------------------- a file that is ill


def test_a_ledger_of_a_newer_version_is_left_alone(home, client):
    """A sentence says so, every byte stays, and the daemon serves on."""
    ask(client)
    home.stop()
    execute(ledger(home), "PRAGMA journal_mode = DELETE", "PRAGMA user_version = 99")
    before = ledger(home).read_bytes()
    home.start(KEYS)
    with home.client() as again:
        state = again.call("status")["ledger"]
        assert state["state"] == "degraded"
        assert "of a later version" in state["reason"]
        assert ask(again)["provider"] == "work"
        shown = home.cli("usage")
        assert (shown.returncode, shown.stdout) == (1, "")
        assert "of a later version" in shown.stderr
        assert "move the file away" in " ".join(shown.stderr.split())
    home.stop()
    assert ledger(home).read_bytes() == before


RUIN = {
    "rubbish": lambda whole: b"this is no database" * 1000,
    "cut in half": lambda whole: whole[: len(whole) // 2],
    "cut off in its head": lambda whole: whole[:50],
    "zeros in its middle": lambda whole: whole[:4096] + bytes(len(whole) - 4096),
}


@pytest.mark.parametrize("how", RUIN)
def test_a_damaged_ledger_is_moved_aside_whole(home, client, how):
    """A new one is begun, requests go on, and the old bytes are there for whoever can use them."""
    ask(client)
    home.stop()
    execute(ledger(home), "PRAGMA journal_mode = DELETE")
    ruined = RUIN[how](ledger(home).read_bytes())
    ledger(home).write_bytes(ruined)
    home.start(KEYS)
    with home.client() as again:
        assert ask(again)["provider"] == "work"
        # Of one that is cut off in its middle, what is before that may be read.
        assert again.call("usage.report")["totals"]["requests"] in (1, 2)
        assert "damaged" in again.call("status")["ledger"]["reason"]
    home.stop()
    (aside,) = home.data.glob("ledger.db.damaged-*")
    assert aside.read_bytes() == ruined
    assert {outcome for _, outcome in attempts(ledger(home))} == {"ok"}


def test_a_ledger_that_somebody_else_has_locked_stops_no_request(home, client):
    """What is used meanwhile is kept, and written when the lock is gone."""
    ask(client)
    home.stop()
    with closing(sqlite3.connect(ledger(home))) as other:
        other.execute("BEGIN EXCLUSIVE")
        home.start(KEYS)
        with home.client() as again:
            assert ask(again)["provider"] == "work"
            assert again.call("status")["ledger"]["state"] == "degraded"
    home.stop()
    assert query(ledger(home), "SELECT count(*) FROM attempts") == [(2,)]
