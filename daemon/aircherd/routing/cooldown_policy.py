"""How long a cooldown lasts: the next cooldown of a scope from its last one and a failure.

The duration is the vendor's own time, capped by the rule, or else a guess: the rule's seconds,
doubled for each failure in a row, minus up to a quarter so that clients do not all return at once.

Three invariants hold for every rule:

1. A later failure never shortens a cooldown.
2. The result of a call that was sent before the last failure is not counted: if 64 concurrent calls
   are all refused, that is one failure.
3. A cooldown that is long or only guessed is tested early by one real request (see `probes`).

Times are in ticks: seconds on a clock that neither jumps nor stops while the machine sleeps. This
module never reads the clock.
"""

import msgspec

from aircherd.routing.cooldown_rules import (
    RULES,
    CooldownRule,
    CooldownScope,
    ScopeKind,
    cooldown_class,
)
from aircherd.vocabulary.availability import RateLimitState
from aircherd.vocabulary.failure import Failure, FailureClass

_MINUTE = 60.0
_HOUR = 60 * _MINUTE

PROBE_DELAYS = (10 * _MINUTE, 20 * _MINUTE, 40 * _MINUTE, _HOUR)
"""Seconds from the first, second, ... failure in a row to the earliest probe after it."""

SAME_SECONDS = 0.5
"""Of two cooldowns that differ by less, both are the same: it has been to another machine."""

DECAY_SECONDS = 10 * _MINUTE
"""Each such time without a failure after the end of a cooldown takes one failure off the count."""


class Cooldown(msgspec.Struct, frozen=True, kw_only=True):
    """A scope that is not called before the tick `until`, and what is remembered afterwards.

    `since` is the tick of the last counted failure and `count` the number of failures in a row, 0
    if a successful response said that the allowance is used up. `is_vendor_time`: the vendor named
    the time. No probe is sent before the tick `probe_at`. `probed_at` is the tick of a probe whose
    result is not known yet. `learned_from` is the label of the machine of the fleet that saw the
    failure, None for this one.
    """

    scope_kind: ScopeKind
    key: str | None
    model: str | None
    kind: FailureClass
    message: str
    since: float
    until: float
    probe_at: float
    count: int = 1
    is_vendor_time: bool = False
    probed_at: float | None = None
    learned_from: str | None = None

    @property
    def scope(self) -> CooldownScope:
        """What is cooling."""
        return (self.scope_kind, self.key, self.model)

    @property
    def ends_at(self) -> float:
        """The tick from which all calls are allowed: none has to wait for a probe."""
        return max(self.until, self.probe_at)


# ------------------------------------------------------------------ how long


def start_cooldown(
    previous: Cooldown | None,
    failure: Failure,
    scope: CooldownScope,
    *,
    now: float,
    jitter: float,
    began: float | None = None,
    limits: RateLimitState | None = None,
) -> Cooldown:
    """Return the cooldown of `scope` after `failure`.

    Args:
        previous: the scope's last cooldown, active or only remembered.
        failure: the reason.
        scope: from `scope_of`.
        now: in ticks.
        jitter: random, 0 <= jitter < 1.
        began: the tick at which the call was sent; None for now.
        limits: the rate limits in the response headers.
    """
    is_late = previous is not None and began is not None and began < previous.since
    kind, vendor_seconds = cooldown_class(failure), _vendor_seconds(failure, limits)
    if previous and is_late and vendor_seconds is None:
        return previous
    count = _next_count(previous, kind, now, is_late=is_late)
    seconds = (
        _guessed_seconds(RULES[kind], count, jitter) if vendor_seconds is None else vendor_seconds
    )
    scope_kind, key, model = scope
    fresh = Cooldown(
        scope_kind=scope_kind,
        key=key,
        model=model,
        kind=kind,
        message=failure.message,
        since=previous.since if previous and is_late else now,
        until=now + seconds,
        probe_at=probe_at(now, count, now + seconds),
        count=count,
        is_vendor_time=vendor_seconds is not None,
    )
    return _keep_longer(previous, fresh)


def cooldown_if_exhausted(
    previous: Cooldown | None, scope: CooldownScope, limits: RateLimitState, *, now: float
) -> Cooldown | None:
    """Return the cooldown of a scope whose successful response used up the limit; None if not."""
    seconds = _seconds_until_reset(limits)
    if seconds is None or seconds < 1.0:  # refills before the next request could be refused
        return None
    spent = next(each.counted for each in limits.allowances if each.remaining == 0)
    scope_kind, key, model = scope
    fresh = Cooldown(
        scope_kind=scope_kind,
        key=key,
        model=model,
        kind=FailureClass.RATE,
        message=f"rate limit: its last response said that no {spent.replace('_', ' ')} are left",
        since=now,
        until=now + seconds,
        probe_at=probe_at(now, 1, now + seconds),
        count=0,
        is_vendor_time=True,
    )
    return _keep_longer(previous, fresh)


def _vendor_seconds(failure: Failure, limits: RateLimitState | None) -> float | None:
    """Return the seconds that the vendor named; zero or negative is ignored."""
    if failure.retry_after is not None and failure.retry_after > 0:
        return cap_vendor_seconds(failure.kind, failure.retry_after)
    if failure.kind is FailureClass.RATE and limits is not None:
        return _seconds_until_reset(limits)
    return None


def _seconds_until_reset(limits: RateLimitState) -> float | None:
    until = limits.exhausted_until(limits.seen_at)
    return None if until is None else cap_vendor_seconds(FailureClass.RATE, until - limits.seen_at)


def cap_vendor_seconds(kind: FailureClass, seconds: float) -> float:
    """Return the part of a vendor's time that is believed."""
    return min(seconds, RULES[kind].max_vendor_seconds)


def _guessed_seconds(rule: CooldownRule, count: int, jitter: float) -> float:
    doubled = rule.first * 2.0 ** min(count - 1, 32)
    return min(doubled, rule.longest) * (1 - jitter / 4)


def _next_count(previous: Cooldown | None, kind: FailureClass, now: float, *, is_late: bool) -> int:
    # Classes with the same rule count together: a dead network times out or refuses at random.
    if previous is None or RULES[previous.kind] != RULES[kind]:
        return 1
    return max(previous.count, 1) if is_late else remaining_count(previous, now) + 1


def remaining_count(cooldown: Cooldown, now: float) -> int:
    """Return how many failures in a row still count against the scope."""
    return max(cooldown.count - int(max(now - cooldown.until, 0.0) // DECAY_SECONDS), 0)


def probe_at(since: float, count: int, until: float) -> float:
    """Return the earliest tick of a probe after the last of `count` failures in a row."""
    return min(since + PROBE_DELAYS[min(max(count, 1), len(PROBE_DELAYS)) - 1], until)


def _keep_longer(previous: Cooldown | None, fresh: Cooldown) -> Cooldown:
    """Return the one that ends later, with the higher count."""
    if previous is None or fresh.until >= previous.until:
        return fresh
    is_same = _count_together(previous, fresh)
    count = max(fresh.count, previous.count) if is_same else previous.count
    probe = min(max(fresh.probe_at, previous.probe_at), previous.until)
    return msgspec.structs.replace(
        previous, since=fresh.since, count=count, probe_at=probe, probed_at=None
    )


def add_learned(previous: Cooldown | None, learned: Cooldown) -> Cooldown:
    """Return the cooldown of a scope after another machine saw what `learned` is about.

    `previous` itself if that is nothing new: it may have come from here.
    """
    if previous is not None and (
        learned.until <= previous.until + SAME_SECONDS
        and learned.since <= previous.since + SAME_SECONDS
        and (learned.count <= previous.count or not _count_together(previous, learned))
    ):
        return previous
    kept = _keep_longer(previous, learned)
    if previous is None or kept is not learned or not _count_together(previous, learned):
        return kept
    return msgspec.structs.replace(learned, count=max(previous.count, learned.count))


def _count_together(one: Cooldown, other: Cooldown) -> bool:
    return RULES[one.kind] == RULES[other.kind]


# ------------------------------------------------------------------ how it ends


def end_early(cooldown: Cooldown, now: float) -> Cooldown:
    """Return the cooldown ended now, because of an observation; the count is kept."""
    until = min(cooldown.until, now)
    return msgspec.structs.replace(cooldown, until=until, probe_at=until, probed_at=None)


def is_cleared_by(cooldown: Cooldown, began: float | None, *, is_whole: bool = False) -> bool:
    """Return whether the success of a call sent at the tick `began` clears the cooldown.

    Only a call that was sent after the last failure does. If answers were truncated, the answer has
    to be complete (`is_whole`): that one begins proves nothing.
    """
    if cooldown.kind is FailureClass.TRUNCATED and not is_whole:
        return False
    return began is None or began >= cooldown.since


def expires_at(cooldown: Cooldown) -> float:
    """Return the tick at which the cooldown has no effect any more and can be dropped."""
    return max(cooldown.ends_at, cooldown.until + cooldown.count * DECAY_SECONDS)
