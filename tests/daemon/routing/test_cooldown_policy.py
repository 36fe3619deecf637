"""What cools and for how long: the table, and what follows from a sequence of failures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.routing.cooldown_policy import (
    DECAY_SECONDS,
    Cooldown,
    cooldown_if_exhausted,
    end_early,
    expires_at,
    is_cleared_by,
    remaining_count,
    start_cooldown,
)
from aircherd.routing.cooldown_rules import RULES, scope_of
from aircherd.vocabulary.availability import Allowance, RateLimitState
from aircherd.vocabulary.failure import Failure, FailureClass

NOW = 5_000.0  # in ticks
WALL = 1_795_000_000.0
HOUR = 3600.0
KEY, MODEL = ("key", "work", None), ("model", None, "m")
BOTH, PROVIDER = ("key+model", "work", "m"), ("provider", None, None)


def failure(kind: FailureClass, **fields: object) -> Failure:
    return Failure(kind=kind, message="why", **fields)


def limits(**remaining: int) -> RateLimitState:
    """What is left of each that is counted; all are whole again in 40 s."""
    allowances = tuple(
        Allowance(counted=counted, limit=50, remaining=left, reset_at=WALL + 40)
        for counted, left in remaining.items()
    )
    return RateLimitState(seen_at=WALL, allowances=allowances)


def cooled(*kinds: FailureClass | Failure, gap: float = 0.0, **fields: object) -> Cooldown:
    """The cooldown after these failures, each sent when the last one was over, `gap` later."""
    made: Cooldown | None = None
    now = NOW
    for kind in kinds:
        failed = kind if isinstance(kind, Failure) else failure(kind)
        place = scope_of(failed, "work", "m")
        assert place is not None
        made = start_cooldown(made, failed, place, now=now, jitter=0.0, **fields)
        now = made.until + gap
    assert made is not None
    return made


# ------------------------------------------------------------------ how long


@pytest.mark.parametrize(
    ("kind", "first", "second", "longest"),
    [
        (FailureClass.RATE, 1, 2, 1800),
        (FailureClass.QUOTA, HOUR, 2 * HOUR, 24 * HOUR),
        (FailureClass.ACCOUNT, HOUR, 2 * HOUR, 24 * HOUR),
        (FailureClass.MODEL, 600, 1200, 12 * HOUR),
        (FailureClass.PERMISSION, 600, 1200, 12 * HOUR),
        (FailureClass.OVERLOADED, 5, 10, 300),
        (FailureClass.SERVER, 2, 4, 300),
        (FailureClass.NETWORK, 5, 10, 300),
        (FailureClass.TIMEOUT, 5, 10, 300),
    ],
)
def test_it_doubles_up_to_a_cap(kind, first, second, longest):
    """Without a word of the vendor's."""
    for times, seconds in ((1, first), (2, second), (200, longest)):
        made = cooled(*[kind] * times)
        assert made.until - made.since == pytest.approx(seconds)


def test_jitter_takes_off_up_to_a_quarter():
    """So that not everybody comes back at once; the cap stays a cap."""
    made = start_cooldown(None, failure(FailureClass.OVERLOADED), MODEL, now=NOW, jitter=0.999)
    assert 3.75 < made.until - NOW < 3.76


@pytest.mark.parametrize("kind", [FailureClass.RATE, FailureClass.QUOTA, FailureClass.SERVER])
def test_what_the_vendor_says_comes_first(kind):
    """Retry-After decides, exactly, however often it failed."""
    made = cooled(kind, kind, failure(kind, retry_after=1234.5))
    assert made.until - made.since == pytest.approx(1234.5)
    assert made.is_vendor_time


@pytest.mark.parametrize(
    ("kind", "longest"),
    [
        (FailureClass.RATE, 24 * HOUR),
        (FailureClass.QUOTA, 31 * 24 * HOUR),
        (FailureClass.ACCOUNT, 31 * 24 * HOUR),
        (FailureClass.MODEL, 24 * HOUR),
        (FailureClass.OVERLOADED, HOUR),
        (FailureClass.SERVER, HOUR),
        (FailureClass.NETWORK, HOUR),
    ],
)
def test_a_vendor_is_believed_only_so_far(kind, longest):
    """A broken server's year keeps nobody out for one; it is still the vendor's word."""
    made = cooled(failure(kind, retry_after=365 * 24 * HOUR))
    assert (made.until - made.since, made.is_vendor_time) == (pytest.approx(longest), True)
    exact = cooled(failure(kind, retry_after=longest - 1))
    assert exact.until - exact.since == pytest.approx(longest - 1)


def test_reset_headers_are_believed_as_far_as_a_retry_after():
    """Of a refusal, and of an answer that says nothing is left."""
    year = Allowance(counted="requests", remaining=0, reset_at=WALL + 365 * 24 * HOUR)
    state = RateLimitState(seen_at=WALL, allowances=(year,))
    refused = start_cooldown(
        None, failure(FailureClass.RATE), BOTH, now=NOW, jitter=0, limits=state
    )
    spent = cooldown_if_exhausted(None, BOTH, state, now=NOW)
    assert spent is not None
    assert (refused.until, spent.until) == (NOW + 24 * HOUR, NOW + 24 * HOUR)


def test_a_retry_after_of_nought_is_no_answer():
    """A date gone by, or a zero: as if nothing was said."""
    made = cooled(failure(FailureClass.RATE, retry_after=0.0))
    assert (made.until - NOW, made.is_vendor_time) == (1.0, False)


def test_reset_headers_stand_in_for_a_retry_after():
    """OpenAI's 429 may have only these; what is not spent does not count."""
    made = start_cooldown(
        None,
        failure(FailureClass.RATE),
        BOTH,
        now=NOW,
        jitter=0.5,
        limits=limits(requests=3, tokens=0),
    )
    assert (made.until - NOW, made.is_vendor_time) == (40.0, True)


def test_reset_headers_say_nothing_of_a_broken_server():
    """A 500 that happens to come with a spent allowance."""
    made = start_cooldown(
        None, failure(FailureClass.SERVER), MODEL, now=NOW, jitter=0, limits=limits(requests=0)
    )
    assert made.until - NOW == 2.0


def test_a_rate_limit_does_not_shorten_a_quota():
    """The earlier reason stays, with its words."""
    quota = start_cooldown(None, failure(FailureClass.QUOTA), KEY, now=NOW, jitter=0)
    later = start_cooldown(quota, failure(FailureClass.RATE), KEY, now=NOW + 9, jitter=0)
    assert (later.kind, later.until) == (FailureClass.QUOTA, quota.until)
    assert later.since == NOW + 9


def test_a_quota_does_not_inherit_the_count_of_a_rate_limit():
    """Five 429s say nothing of how long the credit will be gone."""
    rates = cooled(*[FailureClass.RATE] * 5)
    made = start_cooldown(rates, failure(FailureClass.QUOTA), BOTH, now=rates.until, jitter=0)
    assert (made.count, made.until - made.since) == (1, HOUR)


def test_calls_under_way_count_as_one():
    """64 calls that were sent together and are refused together: one failure."""
    made = start_cooldown(None, failure(FailureClass.RATE), BOTH, now=NOW, jitter=0, began=NOW - 1)
    for n in range(63):
        again = start_cooldown(
            made, failure(FailureClass.RATE), BOTH, now=NOW + n / 10, jitter=0, began=NOW - 1
        )
        assert again == made


def test_a_call_under_way_may_still_tell_a_later_time():
    """Its count stays, what its vendor says holds."""
    first = start_cooldown(None, failure(FailureClass.RATE), BOTH, now=NOW, jitter=0)
    told = failure(FailureClass.RATE, retry_after=30.0)
    made = start_cooldown(first, told, BOTH, now=NOW + 2, jitter=0, began=NOW - 5)
    assert (made.count, made.until, made.since) == (1, NOW + 32, NOW)


def test_calm_wears_the_count_off():
    """Each ten minutes without trouble one failure less."""
    made = cooled(*[FailureClass.OVERLOADED] * 4)
    assert [remaining_count(made, made.until + DECAY_SECONDS * n) for n in (0, 0.9, 1, 3, 9)] == [
        4,
        4,
        3,
        1,
        0,
    ]
    later = start_cooldown(
        made, failure(FailureClass.OVERLOADED), MODEL, now=made.until + DECAY_SECONDS * 3, jitter=0
    )
    assert later.count == 2
    assert expires_at(made) == made.until + DECAY_SECONDS * 4


# ------------------------------------------------------------------ before it fails


def test_nothing_left_cools_until_the_reset():
    """A good answer that says so; it is no failure, and forgotten with its end."""
    made = cooldown_if_exhausted(None, BOTH, limits(requests=3, tokens=0), now=NOW)
    assert made is not None
    assert (made.until, made.count, made.is_vendor_time) == (NOW + 40, 0, True)
    assert made.message == "rate limit: its last response said that no tokens are left"
    assert expires_at(made) == NOW + 40


def test_a_bucket_that_fills_at_once_does_not_cool():
    """OpenAI's resets are often of milliseconds."""
    at_once = Allowance(counted="requests", remaining=0, reset_at=WALL + 0.012)
    state = RateLimitState(seen_at=WALL, allowances=(at_once,))
    assert cooldown_if_exhausted(None, BOTH, state, now=NOW) is None
    assert cooldown_if_exhausted(None, BOTH, limits(requests=1), now=NOW) is None


# ------------------------------------------------------------------ the end


def test_an_end_that_was_observed_keeps_the_count():
    """Should it not hold, the next cooldown is longer than the last."""
    made = cooled(FailureClass.QUOTA, FailureClass.QUOTA)
    over = end_early(made, made.since + 60)
    assert (over.until, over.ends_at) == (made.since + 60, made.since + 60)
    again = start_cooldown(over, failure(FailureClass.QUOTA), KEY, now=made.since + 61, jitter=0)
    assert again.until - again.since == 4 * HOUR


def test_a_success_clears_only_what_was_before_it():
    """A call that was sent before the refusal tells nothing of it."""
    made = cooled(FailureClass.RATE)
    assert [is_cleared_by(made, began) for began in (NOW - 1, NOW, NOW + 1, None)] == [
        False,
        True,
        True,
        True,
    ]


# ------------------------------------------------------------------ half an answer


@pytest.mark.parametrize("kind", [FailureClass.NETWORK, FailureClass.TIMEOUT])
def test_who_breaks_off_in_the_middle_can_be_reached(kind):
    """It is the model's trouble, as any half answer is, and for as long; not the provider's."""
    cut = failure(kind, reach="model")
    assert scope_of(cut, "work", "m") == MODEL
    assert scope_of(cut, "work", None) is None
    made = start_cooldown(None, cut, MODEL, now=NOW, jitter=0)
    assert (made.kind, made.until) == (FailureClass.TRUNCATED, NOW + 2)


def test_cuts_in_a_row_grow():
    """Whatever cut them."""
    made = cooled(FailureClass.TRUNCATED, failure(FailureClass.NETWORK, reach="model"))
    made = start_cooldown(
        made, failure(FailureClass.TIMEOUT, reach="model"), MODEL, now=made.until, jitter=0
    )
    assert (made.count, made.until - made.since) == (3, 8.0)


def test_that_an_answer_begins_says_nothing_of_its_end():
    """Those that broke off had begun, too: only a whole one ends it."""
    made = cooled(FailureClass.TRUNCATED)
    assert not is_cleared_by(made, NOW + 1)
    assert is_cleared_by(made, NOW + 1, is_whole=True)
    assert not is_cleared_by(made, NOW - 1, is_whole=True)


@st.composite
def failures(draw: st.DrawFn) -> tuple[Failure, float, float]:
    """A failure, the seconds since the one before, and how long its call took."""
    seconds = st.floats(0, 1e6)
    kinds = st.sampled_from([kind for kind in FailureClass if RULES[kind].scope])
    made = failure(draw(kinds), retry_after=draw(st.none() | seconds))
    return made, draw(seconds), draw(st.floats(0, 600))


@given(st.lists(failures(), max_size=30), st.floats(0, 1, exclude_max=True))
def test_no_sequence_of_failures_shrinks_a_cooldown(sequence, jitter):
    """Whatever fails, in whatever order, at the same place."""
    made: Cooldown | None = None
    now = NOW
    for failed, gap, took in sequence:
        now += gap
        before = made
        made = start_cooldown(before, failed, KEY, now=now, jitter=jitter, began=now - took)
        if before is not None:
            assert made.until >= before.until
            assert made.since >= before.since
        assert made.since <= made.until
        assert made.count >= 1
        assert made.probe_at <= made.until
