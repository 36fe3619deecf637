"""What machines tell each other: without names, and checked where it arrives."""

import msgspec
import pytest

from aircherd.providers.health.fleet.contents import (
    MAX_MODEL,
    cooldown_content,
    learned_cooldown,
    left_content,
    read_cooldown,
    read_left,
)
from aircherd.providers.health.fleet.scopes import SHARED
from aircherd.routing.cooldown_policy import start_cooldown
from aircherd.vocabulary.failure import FailureClass
from helpers.cooling import WALL, failed, left

QUOTA = FailureClass.QUOTA
SCOPE = ("key+model", "my-label", "m")
YEAR = 366 * 86_400.0


def a_cooldown(kind=QUOTA, scope=SCOPE, **fields):
    failure = failed(kind, "org-1234 has no credit", **fields)
    return start_cooldown(None, failure, scope, now=100.0, jitter=0.0)


@pytest.mark.parametrize("kind", sorted(SHARED, key=lambda each: each.value))
@pytest.mark.parametrize("seconds", [None, 7.0])
def test_a_cooldown_arrives_but_for_names_and_words(kind, seconds):
    """The receiver has other names for the key, and words of its own."""
    sent = a_cooldown(kind, retry_after=seconds)
    content = cooldown_content(sent, "laptop")
    assert "my-label" not in str(content)
    assert "org-1234" not in str(content)
    got = learned_cooldown(read_cooldown(content), "theirs", since=sent.since, until=sent.until)
    assert "machine 'laptop' of the fleet has learned" in got.message
    names = {"message": sent.message, "key": "my-label", "learned_from": None}
    assert msgspec.structs.replace(got, **names) == sent


def test_it_is_said_who_learned_first():
    """What is sent again after an engine lost it keeps the machine that saw it."""
    learned = msgspec.structs.replace(a_cooldown(), learned_from="server")
    assert cooldown_content(learned, "laptop")["machine"] == "server"
    nameless = read_cooldown({"kind": "rate", "of": "key", "machine": "\x1b\n"})
    cooldown = learned_cooldown(nameless, "work", since=0.0, until=1.0)
    assert cooldown.message == "rate limit reached, as another machine of the fleet has learned"


@pytest.mark.parametrize("scope", [("provider", None, None), ("model", None, "x" * 600)])
def test_what_is_too_much_is_not_sent(scope):
    """A provider's network, and a model's name that no provider would have."""
    assert len(scope[2] or "") > MAX_MODEL or scope[0] == "provider"
    assert cooldown_content(a_cooldown(scope=scope), "laptop") is None


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"kind": "bribe", "of": "key"},
        {"kind": "rate", "of": "provider"},
        {"kind": "rate", "of": "key", "model": "m"},
        {"kind": "rate", "of": "key+model"},
        {"kind": "rate", "of": "model", "model": 7},
        {"kind": "rate", "of": "key", "count": -1},
        {"kind": "rate", "of": "key", "machine": "x" * 65},
        {"kind": "rate", "of": "model", "model": "x" * (MAX_MODEL + 1)},
    ],
)
def test_nonsense_is_not_read(content):
    """It may come from another version, or from anyone who can write there."""
    assert read_cooldown(content) is None


def test_what_later_versions_add_is_ignored():
    """Machines are not updated at once."""
    assert read_cooldown({"kind": "rate", "of": "key", "mood": "bad"}) is not None


def test_a_year_is_not_believed():
    """No longer than a vendor is believed."""
    content = read_cooldown({"kind": "rate", "of": "key", "is_vendor_time": True})
    cooldown = learned_cooldown(content, "work", since=0.0, until=YEAR)
    assert cooldown.until == 86_400.0


def test_what_is_left_arrives_by_the_clock_of_the_receiver():
    """Resets are durations on the way."""
    content = left_content(left(WALL, reset=40.0, requests=7, tokens=0))
    got = read_left(content, WALL + 3600)
    assert got == left(WALL + 3600, reset=40.0, requests=7, tokens=0)


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"allowances": [{"counted": "wishes"}]},
        {"allowances": [{"counted": "requests", "remaining": -1}]},
        {"allowances": [{"counted": "requests", "reset_in": float("inf")}]},
        {"allowances": [{"counted": "requests"}] * 9},
    ],
)
def test_nonsense_about_what_is_left_is_not_read(content):
    """Counts and times are within bounds."""
    assert read_left(content, WALL) is None
