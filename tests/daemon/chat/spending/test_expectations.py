"""What calls may use under limits, as amounts."""

from decimal import Decimal

import msgspec

from aircherd.chat.spending.expectations import MAX_UNREAD, Expectations
from aircherd.chat.spending.pricing import Pricing
from aircherd.routing.candidate import Candidate
from aircherd.usage.limits.reservation import Amounts
from aircherd.usage.observed_use import Asked, Use
from aircherd.vocabulary.models import Model, Prices, Rates
from aircherd.vocabulary.reply import Usage
from aircherd.vocabulary.usage import Settled
from helpers.chat import A

NOW = 1_000_000.0
MODEL = Model(id="m", prices=Prices(rates=Rates(input=Decimal(1), output=Decimal(2))))
ASKED = Asked(100, 50, 50)


class Call(msgspec.Struct):
    at: float = NOW
    input_estimate: int = 100
    output_estimate: int = 50
    bound: int = 50
    candidate: Candidate = Candidate(A, MODEL, None)


def ended(usage: Usage | None, cost: int | None = None, *, is_estimated: bool = False) -> Settled:
    source = None if cost is None else "provider"
    return Settled("ok", 1, None, usage, cost, source, is_estimated)


def after(*calls: Settled) -> Expectations:
    expectations = Expectations(Pricing())
    for settled in calls:
        expectations.note((Call(), settled))
    return expectations


def test_amounts_follow_what_was_billed():
    """Tokens, and their cost at the catalog's prices."""
    found, high = after(*[ended(Usage(300, 150))] * 8).expect(A.name, MODEL, ASKED, NOW)
    assert (found.is_known, high) == (True, (Amounts(1, 450, 600_000), True))


def test_a_cost_of_its_own_is_learned():
    """As a multiple of the catalog's price of the same tokens."""
    reported = ended(Usage(100, 50), 5 * 200_000)
    _, high = after(*[reported] * 8).expect(A.name, MODEL, ASKED, NOW)
    assert high.amounts == Amounts(1, 150, 1_000_000)


def test_a_server_without_counts_is_known_by_its_first_reply():
    """Nothing more will ever be known about it."""
    for settled in (ended(None), ended(Usage(100, 50), is_estimated=True)):
        found, _ = after(settled).expect(A.name, MODEL, ASKED, NOW)
        assert (found.is_known, found.usual) == (True, Use(100, 50))


def test_what_is_restored_counts():
    """And calls noted before that as well."""
    before = after(*[ended(Usage(300, 150))] * 8).take_if_changed()
    expectations = after(ended(Usage(100, 50)))
    expectations.restore(before)
    assert expectations.expect(A.name, MODEL, ASKED, NOW)[0].high == Use(300, 150)


def test_notes_are_bounded():
    """Without limits, nothing reads them."""
    expectations = after(*[ended(Usage(300, 150))] * (MAX_UNREAD + 50))
    assert len(expectations.take_if_changed()) == 1
    assert repr(expectations) == "<Expectations from <ObservedUse of 1 models>>"
