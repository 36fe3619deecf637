"""Cooldowns: a cooling candidate is skipped and shown, and the cooldown ends in time."""

import json

import pytest

from aircher_client import DaemonError
from aircherd.testing.simulator import Fault
from helpers.daemon.real_daemon import wait_until

KEY = "canary-work-0123456789abcdef"
SPARE = "canary-spare-0123456789abcdef"


def ask(home, *words):
    return json.loads(home.cli("ask", "--json", "-m", "chain", *words).stdout)


def sign_in(home):
    home.login("work", KEY)
    home.login("spare", SPARE)


def row(client, provider):
    return next(r for r in client.call("auth.status")["rows"] if r["provider"] == provider)


def test_a_limited_provider_is_skipped_until_it_is_cleared(daemon, sim):
    """Its row says why and until when; after clearing it is tried at once."""
    sign_in(daemon)
    sim.faults.add(Fault("error", error="rate_limit", vendor="openai", retry_after=600))
    assert [a["outcome"] for a in ask(daemon, "one")["attempts"]] == ["rate_limited", "ok"]
    second = ask(daemon, "two")
    assert [a["provider"] for a in second["attempts"]] == ["spare"]
    assert [(s["provider"], s["reason"]) for s in second["skipped"]] == [("work", "rate_limited")]
    with daemon.client() as client:
        ill = row(client, "work")
        assert ill["health"] == "cooling"
        assert ill["until"] == pytest.approx(second["skipped"][0]["until"], abs=0.001)
        assert "rate limit reached (HTTP 429)" in ill["health_reason"]
        assert client.call("cooldowns.clear", {"provider": "work"}) == {"cleared": 1}
        assert row(client, "work")["health"] == "ok"
    assert ask(daemon, "three")["provider"] == "work"


def test_a_quota_survives_a_restart_and_ends_with_another_key(daemon, sim):
    """The file is private and has no key; a new key clears the old key's cooldown."""
    sign_in(daemon)
    sim.faults.add(Fault("error", error="quota", vendor="openai"))
    ask(daemon, "one")
    file = daemon.data / "cooldowns.json"
    wait_until(file.exists, "cooldowns are written")
    assert file.stat().st_mode & 0o777 == 0o600
    assert KEY not in file.read_text()
    daemon.stop()
    daemon.start()
    with daemon.client() as client:
        assert row(client, "work")["health"] == "quota_exhausted"
    assert ask(daemon, "two")["skipped"][0]["reason"] == "quota_exhausted"
    daemon.login("work", KEY)
    assert ask(daemon, "three")["provider"] == "work"


def test_an_exhausted_key_is_skipped_before_it_fails(daemon, sim):
    """The headers of a successful response said so; the row shows what is left."""
    sign_in(daemon)
    spent = {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "10m0s"}
    sim.faults.add(Fault("close_after", vendor="openai", headers=spent))
    assert ask(daemon, "one")["provider"] == "work"
    second = ask(daemon, "two")
    assert [a["provider"] for a in second["attempts"]] == ["spare"]
    with daemon.client() as client:
        said = {each["counted"]: each["remaining"] for each in row(client, "work")["rate_limit"]}
    assert said["tokens"] == 0


def test_changes_are_sent_as_events(daemon, sim):
    """With the key and the model."""
    sign_in(daemon)
    sim.faults.add(Fault("error", error="rate_limit", vendor="openai", retry_after=600))
    events = []
    with daemon.client() as client, daemon.client() as other:
        snapshot = other.call("events.subscribe", {"topics": ["provider"]})["snapshot"]
        assert {"provider": "work", "health": "ok"} in snapshot["provider"]
        ask(daemon, "one")
        rows = client.call("events.subscribe", {"topics": ["provider"]})["snapshot"]["provider"]
        client.call("cooldowns.clear")
        other.call("ping", on_notification=lambda _, event: events.append(event))
    place = {"provider": "work", "key": "default", "model": "gpt-5.5"}
    healths = [(event["health"], place.items() <= event.items()) for event in events]
    assert healths == [("cooling", True), ("ok", True)]
    assert [row["health"] for row in rows if place.items() <= row.items()] == ["cooling"]


def test_clearing_an_unknown_provider_gives_a_suggestion(daemon):
    """The error has a similar name."""
    with daemon.client() as client, pytest.raises(DaemonError) as caught:
        client.call("cooldowns.clear", {"provider": "wrok"})
    assert caught.value.code == "bad_request"
    assert "did you mean 'work'?" in caught.value.message


@pytest.mark.parametrize("how", ["logout", "import"])
def test_a_removed_key_leaves_no_cooldown(daemon, sim, how):
    """After signing out, or after import replaced it."""
    sign_in(daemon)
    sim.faults.add(Fault("error", error="quota", vendor="openai"))
    ask(daemon, "one")
    with daemon.client() as client:
        assert row(client, "work")["health"] == "quota_exhausted"
        if how == "logout":
            assert client.call("auth.logout", {"provider": "work"})["removed"] == 1
        else:
            other = {"WORK_KEY": "canary-other-0123456789abcdef"}
            imported = client.call("auth.import", {"variables": other, "verify": False})
            assert [each["outcome"] for each in imported["outcomes"]] == ["stored"]
        assert row(client, "work")["health"] == "ok"
