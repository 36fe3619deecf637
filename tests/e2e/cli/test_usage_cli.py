"""Routes, cooldowns, limits and usage on the command line, with a real daemon."""

import csv
import io
import json
import re

import pytest

from aircherd.testing.simulator import Fault

KEY = "canary-work-0123456789abcdef"
SPARE = "canary-spare-0123456789abcdef"

MORE = """
[catalog."work/gpt-5.5"]
input_price = 1000
output_price = 1000

[[limits]]
provider = "work"
requests = 2
per = "day"
"""

WITHOUT_PRICES = """
[models.pair]
routes = ["work/one", "work/two"]

[[limits]]
provider = "work"
usd = 1
per = "day"
"""


@pytest.fixture
def signed_in(home):
    """Two providers with a key each; the first has a limit and a price."""
    home.write_config(home.config_file.read_text() + MORE)
    home.start()
    home.login("work", KEY)
    home.login("spare", SPARE)
    return home


def lines_of(home, *words, code=0):
    done = home.cli(*words)
    assert done.returncode == code, done.stderr
    return done.stdout.splitlines()


def ask(home, *words):
    done = home.cli("ask", "-m", "chain", *words, "hello you")
    assert done.returncode == 0, done.stderr
    return done.stderr.splitlines()


def test_usage_is_a_table(signed_in):
    """By provider and model; a missing price is marked."""
    assert lines_of(signed_in, "usage")[0].startswith("no usage since ")
    for _ in range(3):
        ask(signed_in)
    _, head, first, second, total = (line.split() for line in lines_of(signed_in, "usage"))
    assert head == ["model", "requests", "tokens", "in", "out", "cost"]
    assert first == ["work/gpt-5.5", "2", "4", "4", "$0.008"]
    assert second == ["spare/claude-sonnet-5", "1", "2", "2", "?"]
    assert total == ["total", "3", "6", "6", "$0.008+?"]
    assert "the cost of 1 request is unknown" in signed_in.cli("usage").stderr


def test_usage_as_csv(signed_in):
    """By day and client, with plain numbers."""
    ask(signed_in)
    words = ("usage", "--by", "day,client", "--since", "today", "--until", "today", "--csv")
    [row] = csv.DictReader(io.StringIO(signed_in.cli(*words).stdout))
    assert (len(row["day"]), row["client"]) == (len("2026-11-22"), "aircher-cli")
    assert (row["requests"], row["cost"], row["unknown_cost"]) == ("1", "0.004", "0")
    assert (
        lines_of(signed_in, "usage", "--until", "yesterday", "--since", "yesterday", "--csv")[1:]
        == []
    )


def test_a_limit_as_it_fills(signed_in):
    """From zero to full; then the plan and `ask` skip the limited provider."""
    assert lines_of(signed_in, "limits")[0].startswith("✓ work: 2 requests a day    0%  0 of 2")
    for _ in range(2):
        assert ask(signed_in) == []
    assert lines_of(signed_in, "limits")[0].startswith("✗ work: 2 requests a day  100%  2 of 2")
    asked, passed_over = lines_of(signed_in, "route", "-m", "chain")[1::3]
    assert asked.startswith("1. spare/claude-sonnet-5  key default")
    assert passed_over.startswith("– work/gpt-5.5  key default  available ")  # noqa: RUF001 -- a dash it is
    assert "limit reached: work: 2 requests a day" in passed_over
    assert any("limit reached" in line for line in ask(signed_in, "-v"))


def test_the_plan_follows_what_the_request_needs(signed_in):
    """And its price; no provider is called."""
    plan = json.loads(signed_in.cli("route", "-m", "chain", "--json", "--max-tokens", "1").stdout)
    assert plan["needs"] == {"abilities": [], "input_tokens": 1000, "output_tokens": 1}
    assert plan["candidates"][0]["price"] == "1.001"
    words = ("route", "-m", "spare/claude-sonnet-5", "--tokens", "7000000")
    assert "context window of 200000 tokens" in lines_of(signed_in, *words, code=1)[3]
    assert lines_of(signed_in, "usage")[0].startswith("no usage")


def test_no_provider_is_signed_in(daemon):
    """The exit code says that signing in would help."""
    lines = lines_of(daemon, "route", "-m", "chain", code=4)
    assert lines[0] == "No provider can be asked for about 1,000 tokens in."
    assert "aircher-cli auth login work" in lines[3]


def test_a_cooldown_from_its_beginning_to_its_end(signed_in, sim):
    """It is listed with its reason and its end until it is cleared."""
    assert lines_of(signed_in, "cooldowns") == ["nothing is cooling down"]
    sim.faults.add(Fault("error", error="rate_limit", vendor="openai", retry_after=600))
    ask(signed_in)
    head, reason = lines_of(signed_in, "cooldowns")
    assert head.startswith("! work/gpt-5.5  key default  cooling  available in ")
    assert "rate limit reached (HTTP 429)" in reason
    assert lines_of(signed_in, "cooldowns", "clear", "work") == ["✓ cleared 1 cooldown of work"]
    assert lines_of(signed_in, "cooldowns") == ["nothing is cooling down"]
    assert ask(signed_in) == []


def test_an_ask_waits_for_a_cooldown(signed_in, sim):
    """There is no other candidate, so the provider is tried again when its cooldown ends."""
    sim.faults.add(Fault("error", error="rate_limit", vendor="openai", retry_after=1))
    words = ("ask", "--json", "--provider", "work", "-m", "chain", "--wait", "20", "hello")
    answer = json.loads(signed_in.cli(*words).stdout)
    assert [attempt["outcome"] for attempt in answer["attempts"]] == ["rate_limited", "ok"]


def test_a_conversation_stays_where_it_is(signed_in, sim):
    """It stays with the candidate that answered last, although another is first in the chain."""
    sim.faults.add(Fault("error", error="overloaded", vendor="openai"))
    assert "spare/claude-sonnet-5 answered" in ask(signed_in, "--conversation", "tea")[0]
    signed_in.cli("cooldowns", "clear")
    words = ("route", "-m", "chain", "--conversation")
    assert "answered last in this conversation" in lines_of(signed_in, *words, "tea")[1]
    assert lines_of(signed_in, *words, "coffee")[1].startswith("1. work/gpt-5.5")


def test_usage_by_project(signed_in, tmp_path):
    """Requests made inside a repository are attributed to it; others to no project."""
    inside = tmp_path / "blue" / "src"
    inside.mkdir(parents=True)
    (tmp_path / "blue" / ".git").mkdir()
    for folder in (inside, tmp_path):
        done = signed_in.cli("ask", "-m", "chain", "hello you", cwd=folder)
        assert done.returncode == 0, done.stderr
    done = signed_in.cli("usage", "--by", "project", "--json", cwd=tmp_path)
    rows = json.loads(done.stdout)["rows"]
    assert {row.get("project"): row["requests"] for row in rows} == {
        str(tmp_path / "blue"): 1,
        None: 1,
    }
    assert "(none)" in signed_in.cli("usage", "--by", "project").stdout


def test_a_limit_error_says_when_there_is_room_again(signed_in):
    """With and without `-v`."""
    for _ in range(2):
        ask(signed_in)
    words = ("ask", "-m", "chain", "--provider", "work")
    for more in ((), ("-v",)):
        done = signed_in.cli(*words, *more, "hello you")
        assert done.returncode == 5
        assert "limit reached: work: 2 requests a day" in done.stderr
        assert "  available again in " in done.stderr.splitlines()[-1]
    assert "; available again in " in done.stderr.splitlines()[0]


def test_an_insufficient_wait_says_how_long_to_wait(signed_in, sim):
    """The error has the provider's time, although the request did not wait."""
    sim.faults.add(Fault("error", error="rate_limit", vendor="openai", retry_after=20))
    done = signed_in.cli("ask", "-m", "work/gpt-5.5", "--wait", "3", "hello you")
    assert done.returncode == 5
    last = done.stderr.splitlines()[-1]
    expected = r"  available again in \d+ s \(.+\); wait for it with 'ask --wait \d+'"
    assert re.fullmatch(expected, last)


def test_a_missing_price_is_reported_for_each_model(home):
    """With the lines to add to the configuration."""
    home.write_config(home.config_file.read_text() + WITHOUT_PRICES)
    home.start()
    home.login("work", KEY)
    done = home.cli("ask", "-v", "-m", "pair", "hello you")
    assert done.returncode == 5
    for name in ("work/one", "work/two"):
        assert f"skipped: {name} is under a limit in USD (work: 1.00 USD a day)" in done.stderr
        assert f'[catalog."{name}"]' in done.stderr
    asked = home.cli("ask", "-m", "pair", "hello you").stderr
    assert '[catalog."work/one"]' in asked
    assert '[catalog."work/two"]' in asked
