"""What a call reports to the cooldowns."""

import pytest

from aircherd.config.model import Network
from aircherd.providers.health.call_report import CallReport
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.keys import Health
from aircherd.vocabulary.secret import Secret
from helpers.cooling import WALL, CooldownRig, failed
from helpers.providers.provider_calls import a_provider

OPENAI = a_provider("openai")
SPENT = [(b"X-RateLimit-Remaining-Requests", b"0"), (b"x-ratelimit-reset-requests", b"6m0s")]


@pytest.fixture
def rig():
    return CooldownRig()


def report(rig, model="m"):
    return CallReport(rig.cooldowns, OPENAI, Network(), "work", model, rig.cooldowns.now(), str)


def test_headers_count_with_the_outcome(rig):
    """Those of a success, and of a refusal without a Retry-After."""
    for published in (CallReport.ok, lambda call: call.failed(failed(FailureClass.RATE))):
        call = report(rig)
        call.note_headers(SPENT, WALL)
        published(call)
        assert rig.cooldowns.cooling("openai", "work", "m").until == WALL + 360
        rig.cooldowns.clear()


def test_remaining_allowance_is_read_on_demand(rig):
    """A response without such headers changes nothing."""
    call = report(rig)
    call.note_headers([(b"x-ratelimit-remaining-tokens", b"7")], WALL)
    call.ok()
    report(rig).ok()
    (said,) = rig.cooldowns.rate_limit("openai", "work").allowances
    assert (said.counted, said.remaining) == ("tokens", 7)
    assert rig.cooldowns.cooling("openai", "work", "m") is None


def test_a_call_counts_from_when_it_was_sent(rig):
    """A success ends no cooldown that began while the call was running."""
    first, second = report(rig), report(rig)
    rig.time.passes(1)
    second.failed(failed(FailureClass.RATE))
    first.ok()
    assert rig.cooldowns.cooling("openai", "work", "m")
    report(rig).ok()
    assert rig.cooldowns.cooling("openai", "work", "m") is None


def test_the_key_itself_is_passed_to_the_fleet(rig):
    """Its name may be another key's by then."""
    noted = []

    class Fleet:
        def note_cooling(self, provider, cooldown, secret):
            noted.append((provider.name, secret))

    rig.cooldowns.fleet = Fleet()
    call = report(rig)
    call.secret = Secret("canary")
    call.failed(failed(FailureClass.RATE))
    assert noted == [("openai", Secret("canary"))]


def test_a_free_call_reports_only_reachability(rig):
    """It succeeds without credit, and its failures concern no model."""
    report(rig).failed(failed(FailureClass.QUOTA))
    tick = report(rig, model=None)
    tick.failed(failed(FailureClass.NETWORK))
    assert rig.cooldowns.health("openai", "work")[0] is Health.UNREACHABLE
    tick.ok()
    tick.failed(failed(FailureClass.OVERLOADED))
    assert rig.cooldowns.health("openai", "work")[0] is Health.QUOTA_EXHAUSTED


def test_repr_names_the_call(rig):
    """The provider and the model."""
    assert repr(report(rig)) == "<CallReport openai m>"
    assert repr(report(rig, None)) == "<CallReport openai free of charge>"


@pytest.mark.parametrize("kind", [FailureClass.NETWORK, FailureClass.TIMEOUT])
def test_a_reply_that_breaks_off_does_not_make_a_provider_unreachable(rig, kind):
    """The response had begun: other models are still tried."""
    cut = report(rig)
    cut.note_headers([], WALL)
    cut.ok()
    cut.failed(failed(kind))
    assert rig.cooldowns.cooling("openai", "work", "m").reason == "truncated"
    assert rig.cooldowns.cooling("openai", "work", "n") is None
    report(rig).failed(failed(kind))
    assert rig.cooldowns.cooling("openai", "work", "n")


def test_a_limit_within_a_reply_cools_the_key(rig):
    """Only network failures mean less once a response has begun."""
    call = report(rig)
    call.note_headers([], WALL)
    call.failed(failed(FailureClass.QUOTA))
    assert rig.cooldowns.cooling("openai", "work", "n")


def test_a_complete_reply_ends_the_cooldown_for_cut_replies(rig):
    """Not before its end."""
    report(rig).failed(failed(FailureClass.TRUNCATED))
    whole = report(rig)
    whole.ok()
    assert rig.cooldowns.cooling("openai", "work", "m")
    whole.whole()
    assert rig.cooldowns.cooling("openai", "work", "m") is None
    report(rig, model=None).whole()
