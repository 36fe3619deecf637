"""What a failure cools and for how long: one table, and the next cooldown from the last one.

    a failure  ->  where: a key, a model, a model with a key, a provider, or nothing
               ->  how long: what the vendor said, as far as the row believes it, else the row's
                   seconds, doubled for each failure in a row, less up to a quarter so that not
                   everybody comes back at once

Three rules hold for every row. A later failure never shortens a cooldown. A call that was sent
before the last failure tells nothing new of it, whatever its end: of 64 calls under way that are
all refused, one counts. And what looks too long, or was only guessed, is tried by one real request.

Time here is in ticks: seconds on a clock that neither jumps nor stops while the machine sleeps.
Nothing here reads it. Which rows cool what: vendors' documentation, and the cooldowns of those who
route between them (docs/decisions.md).
"""

from typing import Literal

import msgspec

from aircherd.vocabulary.availability import RateLimitState
from aircherd.vocabulary.failure import Failure, FailureClass

ScopeKind = Literal["key", "model", "key+model", "provider"]
CooldownScope = tuple[ScopeKind, str | None, str | None]
"""What of a provider is cooling: the scope, the key's name, the model's; None where any is meant.

A key is None, too, where the provider needs none.
"""

_MINUTE = 60.0
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR


class CooldownRule(msgspec.Struct, frozen=True):
    """A row: what cools, for how many seconds the first time, and at most.

    A vendor's own word is believed for `believed` seconds: a broken or hostile server may name a
    year. Where it meant them, one request finds that out after them.
    """

    scope: ScopeKind | None
    first: float = 0.0
    longest: float = 0.0
    believed: float = _HOUR


_NOTHING = CooldownRule(None)
_BROKEN = CooldownRule("model", 2.0, 5 * _MINUTE)
_AWAY = CooldownRule("provider", 5.0, 5 * _MINUTE)
_MONTH = 31 * _DAY

RULES: dict[FailureClass, CooldownRule] = {
    # A refused key is AuthManager's: it is not tried again before it changes or a check finds it
    # good. What is wrong with a request says nothing about anybody.
    FailureClass.AUTH: _NOTHING,
    FailureClass.CONTEXT: _NOTHING,
    FailureClass.REQUEST_SIZE: _NOTHING,
    FailureClass.BAD_REQUEST: _NOTHING,
    FailureClass.UNSUPPORTED: _NOTHING,
    FailureClass.POLICY: _NOTHING,
    # Budgets begin anew with the month at the latest, rates and free allowances with the day.
    FailureClass.QUOTA: CooldownRule("key", _HOUR, _DAY, _MONTH),
    FailureClass.ACCOUNT: CooldownRule("key", _HOUR, _DAY, _MONTH),
    FailureClass.RATE: CooldownRule("key+model", 1.0, 30 * _MINUTE, _DAY),
    # Rights and lists of models are changed by people, who want to see it work.
    FailureClass.PERMISSION: CooldownRule("key+model", 10 * _MINUTE, 12 * _HOUR, _DAY),
    FailureClass.MODEL: CooldownRule("key+model", 10 * _MINUTE, 12 * _HOUR, _DAY),
    FailureClass.OVERLOADED: CooldownRule("model", 5.0, 5 * _MINUTE),
    FailureClass.SERVER: _BROKEN,
    FailureClass.TRUNCATED: _BROKEN,
    FailureClass.PROTOCOL: _BROKEN,
    FailureClass.NETWORK: _AWAY,
    FailureClass.TIMEOUT: _AWAY,
}

PROBE_EVERY = (10 * _MINUTE, 20 * _MINUTE, 40 * _MINUTE, _HOUR)
"""Seconds from the first, second, ... failure in a row to the probe that may follow."""

DECAY_SECONDS = 10 * _MINUTE
"""Each such time without trouble after a cooldown's end takes one failure off the count."""


class Cooldown(msgspec.Struct, frozen=True, kw_only=True):
    """One place that is not asked before the tick `until`, and what is remembered after it.

    `since` is the tick of the last failure that counted, `count` how many in a row there were: 0
    where an answer said that nothing is left. `is_told`: a vendor named the time. Before the tick
    `probe_at` no probe may go; at `probed_at` one was let through of which nothing was heard yet.
    """

    scope: ScopeKind
    key: str | None
    model: str | None
    kind: FailureClass
    message: str
    since: float
    until: float
    probe_at: float
    count: int = 1
    is_told: bool = False
    probed_at: float | None = None

    @property
    def place(self) -> CooldownScope:
        """Where it is."""
        return (self.scope, self.key, self.model)

    @property
    def ends_at(self) -> float:
        """The tick from which on everybody may come again: nobody is held back for a probe."""
        return max(self.until, self.probe_at)


# ------------------------------------------------------------------ where


def scope_of(
    failure: Failure, key: str | None, model: str | None, limits: RateLimitState | None = None
) -> CooldownScope | None:
    """Return what of its provider `failure` cools, None for nothing.

    Args:
        failure: of a call.
        key: the name of its key, None where none is needed.
        model: the model's id, None for a call that was not about one.
        limits: what the answer's headers said.
    """
    scope = RULES[_kind_of(failure)].scope
    if scope is None or failure.reach == "request":
        return None
    if failure.kind is FailureClass.MODEL and key is None:
        return None  # a local server says so in no time, and the model may be pulled any moment
    if scope == "provider":
        return ("provider", None, None)
    if model is None:
        return None
    if failure.reach == "model" and scope == "key":
        scope = "key+model"
    elif failure.kind is FailureClass.RATE and is_key_spent(limits, model):
        scope = "key"
    return at(scope, key, model)


def _kind_of(failure: Failure) -> FailureClass:
    """Return what kind of trouble it is for the next requests.

    Who broke off in the middle of an answer can be reached: that is no more than any other half
    answer, and says nothing of the provider's other models.
    """
    is_cut = failure.reach == "model" and RULES[failure.kind] is _AWAY
    return FailureClass.TRUNCATED if is_cut else failure.kind


def at(scope: ScopeKind, key: str | None, model: str | None) -> CooldownScope:
    """Return the place of that scope which a call with this key and model belongs to."""
    return (scope, key if "key" in scope else None, model if "model" in scope else None)


def is_key_spent(limits: RateLimitState | None, model: str) -> bool:
    """Say whether nothing is left for any model: only then do the limits mean the key.

    Most vendors count for each model; where one of two counts is spent, or tokens, it is that
    model's.
    """
    if limits is None or model.endswith(":free"):  # OpenRouter: what is paid for goes on
        return False
    spent = {each.counted for each in limits.allowances if each.remaining == 0}
    return "requests" in spent and len(spent) == len(limits.allowances)


# ------------------------------------------------------------------ how long


def cool(
    previous: Cooldown | None,
    failure: Failure,
    place: CooldownScope,
    *,
    now: float,
    jitter: float,
    began: float | None = None,
    limits: RateLimitState | None = None,
) -> Cooldown:
    """Return the cooldown of `place` after `failure`.

    Args:
        previous: what is known of the place, cooling or only remembered.
        failure: why.
        place: from `scope_of`.
        now: in ticks.
        jitter: random, from 0 to below 1.
        began: the tick at which the call was sent; None for now.
        limits: what the answer's headers said.
    """
    is_late = previous is not None and began is not None and began < previous.since
    kind, told = _kind_of(failure), _told(failure, limits)
    if previous and is_late and told is None:
        return previous
    count = _count(previous, kind, now, is_late=is_late)
    seconds = _guess(RULES[kind], count, jitter) if told is None else told
    scope, key, model = place
    fresh = Cooldown(
        scope=scope,
        key=key,
        model=model,
        kind=kind,
        message=failure.message,
        since=previous.since if previous and is_late else now,
        until=now + seconds,
        probe_at=probe_at(now, count, now + seconds),
        count=count,
        is_told=told is not None,
    )
    return _longer(previous, fresh)


def cool_spent(
    previous: Cooldown | None, place: CooldownScope, limits: RateLimitState, *, now: float
) -> Cooldown | None:
    """Return the cooldown of a place whose good answer said that nothing is left; None if not."""
    seconds = _seconds_spent(limits)
    if seconds is None or seconds < 1.0:  # a bucket that fills again before anybody could notice
        return None
    spent = next(each.counted for each in limits.allowances if each.remaining == 0)
    scope, key, model = place
    fresh = Cooldown(
        scope=scope,
        key=key,
        model=model,
        kind=FailureClass.RATE,
        message=f"rate limit: its last answer said that no {spent.replace('_', ' ')} are left",
        since=now,
        until=now + seconds,
        probe_at=probe_at(now, 1, now + seconds),
        count=0,
        is_told=True,
    )
    return _longer(previous, fresh)


def _told(failure: Failure, limits: RateLimitState | None) -> float | None:
    """Return the seconds that the vendor named; nought or less is no time to name."""
    if failure.retry_after is not None and failure.retry_after > 0:
        return believed(failure.kind, failure.retry_after)
    if failure.kind is FailureClass.RATE and limits is not None:
        return _seconds_spent(limits)
    return None


def _seconds_spent(limits: RateLimitState) -> float | None:
    until = limits.exhausted_until(limits.seen_at)
    return None if until is None else believed(FailureClass.RATE, until - limits.seen_at)


def believed(kind: FailureClass, seconds: float) -> float:
    """Return for how long a time that was named is kept to."""
    return min(seconds, RULES[kind].believed)


def _guess(rule: CooldownRule, count: int, jitter: float) -> float:
    doubled = rule.first * 2.0 ** min(count - 1, 32)
    return min(doubled, rule.longest) * (1 - jitter / 4)


def _count(previous: Cooldown | None, kind: FailureClass, now: float, *, is_late: bool) -> int:
    # Classes of one row are one trouble: a dead network times out or refuses as it likes.
    if previous is None or RULES[previous.kind] != RULES[kind]:
        return 1
    return max(previous.count, 1) if is_late else count_left(previous, now) + 1


def count_left(cooldown: Cooldown, now: float) -> int:
    """Return how many failures in a row are still held against the place."""
    return max(cooldown.count - int(max(now - cooldown.until, 0.0) // DECAY_SECONDS), 0)


def probe_at(since: float, count: int, until: float) -> float:
    """Return the tick from which a probe may go, after the last of `count` failures in a row."""
    return min(since + PROBE_EVERY[min(max(count, 1), len(PROBE_EVERY)) - 1], until)


def _longer(previous: Cooldown | None, fresh: Cooldown) -> Cooldown:
    if previous is None or fresh.until >= previous.until:
        return fresh
    is_same = RULES[previous.kind] == RULES[fresh.kind]
    count = max(fresh.count, previous.count) if is_same else previous.count
    probe = min(max(fresh.probe_at, previous.probe_at), previous.until)
    return msgspec.structs.replace(
        previous, since=fresh.since, count=count, probe_at=probe, probed_at=None
    )


# ------------------------------------------------------------------ how it ends


def ended(cooldown: Cooldown, now: float) -> Cooldown:
    """Return the cooldown ended early by what was observed; what was counted is remembered."""
    until = min(cooldown.until, now)
    return msgspec.structs.replace(cooldown, until=until, probe_at=until, probed_at=None)


def is_cleared_by(cooldown: Cooldown, began: float | None, *, is_whole: bool = False) -> bool:
    """Say whether a success of a call sent at the tick `began` ends it: it was sent afterwards.

    Where answers broke off, that one begins tells nothing: it has to be `is_whole`.
    """
    if cooldown.kind is FailureClass.TRUNCATED and not is_whole:
        return False
    return began is None or began >= cooldown.since


def forgotten_at(cooldown: Cooldown) -> float:
    """Return the tick at which nothing of it matters any more."""
    return max(cooldown.ends_at, cooldown.until + cooldown.count * DECAY_SECONDS)
