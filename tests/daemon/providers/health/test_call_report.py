"""What one call tells the book."""

import pytest

from aircherd.config.model import Network
from aircherd.providers.health.call_report import CallReport
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.keys import Health
from helpers.cooling import WALL, Listened, failed
from helpers.providers.provider_calls import a_provider

OPENAI = a_provider("openai")
SPENT = [(b"X-RateLimit-Remaining-Requests", b"0"), (b"x-ratelimit-reset-requests", b"6m0s")]


@pytest.fixture
def heard():
    return Listened()


def report(heard, model="m"):
    return CallReport(heard.book, OPENAI, Network(), "work", model, heard.book.now(), str)


def test_headers_go_with_the_outcome(heard):
    """Of a good answer, and of a refusal without a Retry-After."""
    for told in (CallReport.ok, lambda call: call.failed(failed(FailureClass.RATE))):
        call = report(heard)
        call.note_headers(SPENT, WALL)
        told(call)
        assert heard.book.cooling("openai", "work", "m").until == WALL + 360
        heard.book.clear()


def test_what_is_left_is_read_when_somebody_asks(heard):
    """An answer that says nothing of it takes nothing back."""
    call = report(heard)
    call.note_headers([(b"x-ratelimit-remaining-tokens", b"7")], WALL)
    call.ok()
    report(heard).ok()
    (said,) = heard.book.rate_limit("openai", "work").allowances
    assert (said.counted, said.remaining) == ("tokens", 7)
    assert heard.book.cooling("openai", "work", "m") is None


def test_a_call_counts_from_when_it_was_sent(heard):
    """A success clears nothing that came while it was under way."""
    first, second = report(heard), report(heard)
    heard.time.passes(1)
    second.failed(failed(FailureClass.RATE))
    first.ok()
    assert heard.book.cooling("openai", "work", "m")
    report(heard).ok()
    assert heard.book.cooling("openai", "work", "m") is None


def test_a_free_look_tells_of_the_way_there_only(heard):
    """It succeeds without credit, and fails for no model's sake."""
    report(heard).failed(failed(FailureClass.QUOTA))
    tick = report(heard, model=None)
    tick.failed(failed(FailureClass.NETWORK))
    assert heard.book.health("openai", "work")[0] is Health.UNREACHABLE
    tick.ok()
    tick.failed(failed(FailureClass.OVERLOADED))
    assert heard.book.health("openai", "work")[0] is Health.QUOTA_EXHAUSTED


def test_repr_names_the_call(heard):
    """The provider and the model."""
    assert repr(report(heard)) == "<CallReport openai m>"
    assert repr(report(heard, None)) == "<CallReport openai free of charge>"


@pytest.mark.parametrize("kind", [FailureClass.NETWORK, FailureClass.TIMEOUT])
def test_who_breaks_off_in_the_middle_is_not_away(heard, kind):
    """An answer had begun: other models are asked all the same."""
    cut = report(heard)
    cut.note_headers([], WALL)
    cut.ok()
    cut.failed(failed(kind))
    assert heard.book.cooling("openai", "work", "m").reason == "truncated"
    assert heard.book.cooling("openai", "work", "n") is None
    report(heard).failed(failed(kind))
    assert heard.book.cooling("openai", "work", "n")


def test_a_limit_in_the_middle_is_the_keys_all_the_same(heard):
    """Only what the network does says less once an answer has begun."""
    call = report(heard)
    call.note_headers([], WALL)
    call.failed(failed(FailureClass.QUOTA))
    assert heard.book.cooling("openai", "work", "n")


def test_a_whole_answer_ends_what_cut_the_others(heard):
    """Not before its end."""
    report(heard).failed(failed(FailureClass.TRUNCATED))
    whole = report(heard)
    whole.ok()
    assert heard.book.cooling("openai", "work", "m")
    whole.whole()
    assert heard.book.cooling("openai", "work", "m") is None
    report(heard, model=None).whole()
