"""How long cooldowns last: single ones and sequences of failures."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.routing.cooldown_policy import (
    DECAY_SECONDS,
    SAME_SECONDS,
    Cooldown,
    add_learned,
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
    """Return rate limits with these remaining amounts, which reset in 40 s."""
    allowances = tuple(
        Allowance(counted=counted, limit=50, remaining=left, reset_at=WALL + 40)
        for counted, left in remaining.items()
    )
    return RateLimitState(seen_at=WALL, allowances=allowances)


def cooled(*kinds: FailureClass | Failure, gap: float = 0.0, **fields: object) -> Cooldown:
    """Return the cooldown after these failures; each call begins `gap` after the last cooldown."""
    made: Cooldown | None = None
    now = NOW
    for kind in kinds:
        failed = kind if isinstance(kind, Failure) else failure(kind)
        scope = scope_of(failed, "work", "m")
        assert scope is not None
        made = start_cooldown(made, failed, scope, now=now, jitter=0.0, **fields)
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
def test_guessed_time_doubles_up_to_the_longest(kind, first, second, longest):
    """The vendor has named no time."""
    for times, seconds in ((1, first), (2, second), (200, longest)):
        made = cooled(*[kind] * times)
        assert made.until - made.since == pytest.approx(seconds)


def test_jitter_subtracts_up_to_a_quarter():
    """Clients do not all return at once, and the cap still holds."""
    made = start_cooldown(None, failure(FailureClass.OVERLOADED), MODEL, now=NOW, jitter=0.999)
    assert 3.75 < made.until - NOW < 3.76


@pytest.mark.parametrize("kind", [FailureClass.RATE, FailureClass.QUOTA, FailureClass.SERVER])
def test_retry_after_decides_exactly(kind):
    """The number of failures does not matter then."""
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
def test_vendor_time_is_capped(kind, longest):
    """The capped time still counts as the vendor's."""
    made = cooled(failure(kind, retry_after=365 * 24 * HOUR))
    assert (made.until - made.since, made.is_vendor_time) == (pytest.approx(longest), True)
    exact = cooled(failure(kind, retry_after=longest - 1))
    assert exact.until - exact.since == pytest.approx(longest - 1)


def test_reset_headers_are_capped_like_retry_after():
    """This holds for refusals and for successful responses."""
    year = Allowance(counted="requests", remaining=0, reset_at=WALL + 365 * 24 * HOUR)
    state = RateLimitState(seen_at=WALL, allowances=(year,))
    refused = start_cooldown(
        None, failure(FailureClass.RATE), BOTH, now=NOW, jitter=0, limits=state
    )
    spent = cooldown_if_exhausted(None, BOTH, state, now=NOW)
    assert spent is not None
    assert (refused.until, spent.until) == (NOW + 24 * HOUR, NOW + 24 * HOUR)


def test_retry_after_of_zero_is_ignored():
    """It comes from a date in the past, or is sent as zero."""
    made = cooled(failure(FailureClass.RATE, retry_after=0.0))
    assert (made.until - NOW, made.is_vendor_time) == (1.0, False)


def test_reset_headers_replace_a_missing_retry_after():
    """OpenAI's 429 may have only these; only exhausted allowances count."""
    made = start_cooldown(
        None,
        failure(FailureClass.RATE),
        BOTH,
        now=NOW,
        jitter=0.5,
        limits=limits(requests=3, tokens=0),
    )
    assert (made.until - NOW, made.is_vendor_time) == (40.0, True)


def test_reset_headers_are_ignored_for_a_server_error():
    """A 500 may come with an exhausted allowance by chance."""
    made = start_cooldown(
        None, failure(FailureClass.SERVER), MODEL, now=NOW, jitter=0, limits=limits(requests=0)
    )
    assert made.until - NOW == 2.0


def test_a_rate_limit_does_not_shorten_a_quota():
    """The earlier reason and its message stay."""
    quota = start_cooldown(None, failure(FailureClass.QUOTA), KEY, now=NOW, jitter=0)
    later = start_cooldown(quota, failure(FailureClass.RATE), KEY, now=NOW + 9, jitter=0)
    assert (later.kind, later.until) == (FailureClass.QUOTA, quota.until)
    assert later.since == NOW + 9


def test_a_quota_does_not_inherit_the_count_of_a_rate_limit():
    """Five 429s do not say how long the credit will be exhausted."""
    rates = cooled(*[FailureClass.RATE] * 5)
    made = start_cooldown(rates, failure(FailureClass.QUOTA), BOTH, now=rates.until, jitter=0)
    assert (made.count, made.until - made.since) == (1, HOUR)


def test_concurrent_failures_count_once():
    """64 calls that were sent together and refused together are one failure."""
    made = start_cooldown(None, failure(FailureClass.RATE), BOTH, now=NOW, jitter=0, began=NOW - 1)
    for n in range(63):
        again = start_cooldown(
            made, failure(FailureClass.RATE), BOTH, now=NOW + n / 10, jitter=0, began=NOW - 1
        )
        assert again == made


def test_late_failure_may_extend_the_cooldown():
    """The count stays, and the vendor's time applies."""
    first = start_cooldown(None, failure(FailureClass.RATE), BOTH, now=NOW, jitter=0)
    from_vendor = failure(FailureClass.RATE, retry_after=30.0)
    made = start_cooldown(first, from_vendor, BOTH, now=NOW + 2, jitter=0, began=NOW - 5)
    assert (made.count, made.until, made.since) == (1, NOW + 32, NOW)


def test_count_decays_with_time():
    """Each ten minutes without a failure subtract one."""
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


# ------------------------------------------------------------------ exhausted limits


def test_exhausted_allowance_cools_until_the_reset():
    """The response succeeded, so nothing is counted or remembered after the end."""
    made = cooldown_if_exhausted(None, BOTH, limits(requests=3, tokens=0), now=NOW)
    assert made is not None
    assert (made.until, made.count, made.is_vendor_time) == (NOW + 40, 0, True)
    assert made.message == "rate limit: its last response said that no tokens are left"
    assert expires_at(made) == NOW + 40


def test_short_reset_does_not_cool():
    """OpenAI's resets are often a few milliseconds away."""
    at_once = Allowance(counted="requests", remaining=0, reset_at=WALL + 0.012)
    state = RateLimitState(seen_at=WALL, allowances=(at_once,))
    assert cooldown_if_exhausted(None, BOTH, state, now=NOW) is None
    assert cooldown_if_exhausted(None, BOTH, limits(requests=1), now=NOW) is None


# ------------------------------------------------------------------ the end


def test_early_end_keeps_the_count():
    """If the failure returns, the next cooldown is longer than the last one."""
    made = cooled(FailureClass.QUOTA, FailureClass.QUOTA)
    over = end_early(made, made.since + 60)
    assert (over.until, over.ends_at) == (made.since + 60, made.since + 60)
    again = start_cooldown(over, failure(FailureClass.QUOTA), KEY, now=made.since + 61, jitter=0)
    assert again.until - again.since == 4 * HOUR


def test_success_clears_only_earlier_failures():
    """A call that was sent before the failure proves nothing."""
    made = cooled(FailureClass.RATE)
    assert [is_cleared_by(made, began) for began in (NOW - 1, NOW, NOW + 1, None)] == [
        False,
        True,
        True,
        True,
    ]


# ------------------------------------------------------------------ truncated answers


@pytest.mark.parametrize("kind", [FailureClass.NETWORK, FailureClass.TIMEOUT])
def test_cut_connection_counts_as_truncated(kind):
    """It cools the model for as long as a truncated answer does, and not the provider."""
    cut = failure(kind, reach="model")
    assert scope_of(cut, "work", "m") == MODEL
    assert scope_of(cut, "work", None) is None
    made = start_cooldown(None, cut, MODEL, now=NOW, jitter=0)
    assert (made.kind, made.until) == (FailureClass.TRUNCATED, NOW + 2)


def test_cuts_of_different_kinds_count_together():
    """The third in a row cools four times as long as the first."""
    made = cooled(FailureClass.TRUNCATED, failure(FailureClass.NETWORK, reach="model"))
    made = start_cooldown(
        made, failure(FailureClass.TIMEOUT, reach="model"), MODEL, now=made.until, jitter=0
    )
    assert (made.count, made.until - made.since) == (3, 8.0)


def test_truncation_is_cleared_only_by_a_complete_answer():
    """Truncated answers had begun as well."""
    made = cooled(FailureClass.TRUNCATED)
    assert not is_cleared_by(made, NOW + 1)
    assert is_cleared_by(made, NOW + 1, is_whole=True)
    assert not is_cleared_by(made, NOW - 1, is_whole=True)


@st.composite
def failures(draw: st.DrawFn) -> tuple[Failure, float, float]:
    """Draw a failure, the seconds since the one before, and the duration of its call."""
    seconds = st.floats(0, 1e6)
    kinds = st.sampled_from([kind for kind in FailureClass if RULES[kind].scope])
    made = failure(draw(kinds), retry_after=draw(st.none() | seconds))
    return made, draw(seconds), draw(st.floats(0, 600))


@given(st.lists(failures(), max_size=30), st.floats(0, 1, exclude_max=True))
def test_no_sequence_of_failures_shortens_a_cooldown(sequence, jitter):
    """All failures are of the same scope."""
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


# ------------------------------------------------------------------ what other machines learn


def learned(since: float, until: float, count: int = 1, **fields: object) -> Cooldown:
    made = cooled(FailureClass.QUOTA)
    changes = {"since": since, "until": until, "count": count, "learned_from": "host", **fields}
    return msgspec.structs.replace(made, **changes)


def test_what_is_learned_is_kept_where_nothing_is_known():
    """It is the whole cooldown."""
    fresh = learned(NOW, NOW + 60)
    assert add_learned(None, fresh) is fresh


def test_what_comes_back_is_no_change():
    """It has been on its way, so it seems to be a little later."""
    own = learned(NOW, NOW + 60, learned_from=None)
    late = SAME_SECONDS / 2
    assert add_learned(own, learned(NOW + late, NOW + 60 + late)) is own


def test_of_two_cooldowns_the_later_end_the_later_failure_and_the_higher_count_stay():
    """Whichever of them was here."""
    own = learned(NOW, NOW + 60, 3, learned_from=None, message="ours")
    longer = add_learned(own, learned(NOW + 10, NOW + 90, 1))
    assert (longer.since, longer.until, longer.count) == (NOW + 10, NOW + 90, 3)
    assert longer.learned_from == "host"
    shorter = add_learned(own, learned(NOW + 10, NOW + 30, 5))
    assert (shorter.since, shorter.until, shorter.count) == (NOW + 10, NOW + 60, 5)
    assert (shorter.learned_from, shorter.message) == (None, "ours")


TIMES = st.tuples(st.floats(0, 1e4), st.floats(0, 1e4), st.integers(1, 9))


@given(TIMES, TIMES)
def test_learning_never_shortens(own, other):
    """Whatever another machine says."""
    first = learned(NOW + own[0], NOW + own[0] + own[1], own[2])
    second = learned(NOW + other[0], NOW + other[0] + other[1], other[2])
    kept = add_learned(first, second)
    assert kept.until >= first.until
    assert kept.until >= second.until - SAME_SECONDS
    assert kept.count == max(first.count, second.count)
    assert add_learned(kept, second) is kept
