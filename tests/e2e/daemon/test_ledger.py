"""The ledger of a real daemon: every attempt once, after any shutdown and any damage."""

import random
import sqlite3
from contextlib import closing
from decimal import Decimal

import pytest

from aircherd.testing.simulator import Fault
from helpers.daemon.ipc_requests import (
    KEYS,
    a_chat,
    ask,
    chats,
    refusal,
    run_concurrently,
    skip_reasons,
)
from helpers.daemon.real_daemon import home as open_home
from helpers.daemon.real_daemon import simulator, wait_until
from helpers.ledger.attempts import attempts, execute, query, sums
from helpers.ledger.killing import CONFIG, Killer
from helpers.ledger.read_only import read_only

PRICE = """
[catalog."work/gpt-5.5"]
input_price = "2.5"
output_price = 15
cached_price = "0.25"
"""


@pytest.fixture
def client(home):
    """A client of a daemon with both keys, and the price of one provider."""
    home.write_config(home.config_file.read_text() + PRICE)
    home.start(KEYS)
    with home.client() as connected:
        yield connected


def ledger(home):
    """The ledger's file. The daemon must be stopped."""
    return home.data / "ledger.db"


def report(client, *by):
    """The rows of a report by their group."""
    rows = client.call("usage.report", {"by": list(by)})["rows"]
    return {tuple(row.get(name) for name in by): row for row in rows}


# ---------------------------------------------------------------------------- what is in it


def test_every_attempt_is_a_row_with_its_outcome(home, sim, client):
    """Including failed ones: as many as the provider received."""
    sim.faults.add(
        Fault("error", error="overloaded", vendor="openai"), Fault("cut", vendor="anthropic")
    )
    run_concurrently(client, [a_chat() for _ in range(20)])
    got = {key: row["requests"] for key, row in report(client, "provider", "outcome").items()}
    assert sum(n for (name, _), n in got.items() if name == "work") == len(chats(sim, "openai"))
    assert got["work", "overloaded"] == 1
    home.stop()
    said, true = sums(ledger(home), "days")
    assert said == true


def test_the_cost_is_the_sum_of_the_responses(sim, client):
    """Exactly, with cached tokens at their price; requests without a price are counted apart."""
    sim.behave(cached_tokens=2)
    results = [ask(client, f"{'word ' * n}") for n in range(1, 20)]
    spent = sum(Decimal(each["cost"]) for each in results)
    totals = client.call("usage.report")["totals"]
    assert (Decimal(totals["cost"]), totals["unknown_cost"]) == (spent, 0)
    assert totals["cached_tokens"] == sum(each["usage"]["cached_tokens"] for each in results) > 0
    ask(client, model="work/unknown-model")
    totals = client.call("usage.report")["totals"]
    assert (Decimal(totals["cost"]), totals["unknown_cost"]) == (spent, 1)


def test_attempts_have_their_client_and_project(home, client):
    """Including the first request of a connection, which is sent together with `hello`."""
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
    """They appear nowhere in its files."""
    ask(client, "my-secret-prompt of today")
    client.call("usage.report")
    home.stop()
    written = b"".join(path.read_bytes() for path in home.data.glob("ledger.db*"))
    assert b"gpt-5.5" in written
    assert b"my-secret-prompt" not in written
    assert KEYS["WORK_KEY"].encode() not in written


# ---------------------------------------------------------------------------- kill -9


def test_kill_9_at_random_points_loses_and_doubles_nothing():
    """Reported attempts stay; each attempt is there once, or missing if it was very recent."""
    with simulator() as sim, open_home() as home:
        home.write_config(CONFIG.format(url=sim.url))
        killer = Killer(home, sim, random.Random(5))  # noqa: S311 - the same points in every run
        for _ in range(6):
            killer.round()
        assert killer.committed > 0
        assert killer.check() > 0


def test_interrupted_attempts_count_as_estimated(home, sim, client):
    """They may have been billed; the report marks them as estimated."""
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
    """It is reported, the file is unchanged, and the daemon serves requests."""
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
    """A new one is started, requests are served, and the old file is kept."""
    ask(client)
    home.stop()
    execute(ledger(home), "PRAGMA journal_mode = DELETE")
    ruined = RUIN[how](ledger(home).read_bytes())
    ledger(home).write_bytes(ruined)
    home.start(KEYS)
    with home.client() as again:
        assert ask(again)["provider"] == "work"
        # The beginning of a truncated file may be readable.
        assert again.call("usage.report")["totals"]["requests"] in (1, 2)
        assert "damaged" in again.call("status")["ledger"]["reason"]
    home.stop()
    (aside,) = home.data.glob("ledger.db.damaged-*")
    assert aside.read_bytes() == ruined
    assert {outcome for _, outcome in attempts(ledger(home))} == {"ok"}


def test_a_ledger_locked_by_another_process_stops_no_request(home, client):
    """Attempts are kept in memory and written when the lock is released."""
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


LIMIT = """
[[limits]]
requests = 10
per = "day"
provider = "work"
"""
REFUSE = '[usage]\non_failure = "refuse"\n'


def test_limits_refuse_while_the_ledger_cannot_be_read(home, client):
    """The fallback without a limit answers; a reload and the end of the outage change that."""
    home.stop()
    config = home.config_file.read_text() + LIMIT
    home.write_config(config + REFUSE)
    with closing(sqlite3.connect(ledger(home))) as other:
        other.execute("BEGIN EXCLUSIVE")
        home.start(KEYS)
        with home.client() as again:
            assert skip_reasons(ask(again)) == [("work", "limit_reached")]
            error = refusal(again, model="work/gpt-5.5")
            assert error.code == "limit_reached"
            assert "limit cannot be checked: work: 10 requests a day" in error.message
            state = again.call("status")["ledger"]
            assert (state["state"], state["on_failure"]) == ("degraded", "refuse")
            assert again.call("limits.status")["limits"][0]["refuses"]
            assert "refused" in home.cli("limits").stderr
            home.write_config(config)
            again.call("config.reload")
            assert ask(again, model="work/gpt-5.5")["provider"] == "work"
            home.write_config(config + REFUSE)
            again.call("config.reload")
            assert refusal(again, model="work/gpt-5.5").code == "limit_reached"
            other.close()
            wait_until(
                lambda: not again.call("limits.status")["limits"][0].get("refuses"), "the ledger"
            )
            assert ask(again, model="work/gpt-5.5")["provider"] == "work"
            assert again.call("limits.status")["limits"][0]["used"] == 2


def test_a_data_directory_that_cannot_be_written_stops_no_request(home, client):
    """It says why and what to do, is the only daemon, and records all once it can."""
    ask(client)
    home.stop()
    with read_only(home.data):
        home.start(KEYS)
        again = home.client()
        assert ask(again)["provider"] == "work"
        state = again.call("status")["ledger"]
        assert state["state"] == "degraded"
        assert "read-only" in state["reason"]
        assert "read-only" in home.cli("status").stdout
        other = home.run_daemon({"AIRCHER_SOCKET": str(home.root / "other" / "a.sock")})
        assert (other.returncode, "another aircherd is running" in other.stderr) == (3, True)
    wait_until(lambda: again.call("status")["ledger"]["state"] == "ok", "the ledger works")
    assert again.call("usage.report")["totals"]["requests"] == 2
    again.close()
    home.stop()
    assert query(ledger(home), "SELECT count(*) FROM attempts") == [(2,)]
