"""Cooldowns as a health, a reason and an end, for plans, people and programs; pure."""

from collections.abc import Callable, Iterable

from aircherd.routing.cooldown_policy import Cooldown
from aircherd.routing.cooldown_rules import CooldownScope
from aircherd.routing.probes import probe_state
from aircherd.vocabulary.availability import Cooling
from aircherd.vocabulary.failure import WIRE_CODE, FailureClass
from aircherd.vocabulary.keys import Health

_WORSE = (Health.OK, Health.COOLING, Health.QUOTA_EXHAUSTED, Health.UNREACHABLE)

# A missing or forbidden model says nothing about the key's other models.
_OF_ONE_MODEL = frozenset({FailureClass.MODEL, FailureClass.PERMISSION})


def health_data(
    health: Health, reason: str | None = None, until: float | None = None
) -> dict[str, object]:
    """Return a health as it is sent to clients, in rows, snapshots and events."""
    details = {"health_reason": reason, "until": until}
    known = {name: value for name, value in details.items() if value is not None}
    return {"health": health.value, **known}


def scope_data(provider: str, scope: CooldownScope) -> dict[str, object]:
    """Return what an event is about: the provider, and the key or the model where it is one."""
    _, key, model = scope
    named = {"provider": provider, "key": key, "model": model}
    return {name: value for name, value in named.items() if value is not None}


def health_of(cooldown: Cooldown, now: float) -> Health:
    """Return the health of a scope at the tick `now`.

    An unreachable provider stays so until a call reaches it, although it may be tried before.
    """
    if cooldown.scope_kind == "provider":
        return Health.UNREACHABLE
    if now >= cooldown.ends_at:
        return Health.OK
    is_quota = cooldown.kind is FailureClass.QUOTA
    return Health.QUOTA_EXHAUSTED if is_quota else Health.COOLING


def worst(cooldowns: Iterable[Cooldown], now: float) -> Cooldown | None:
    """Return the cooldown that makes a key least available, None if nothing does."""
    ill = [
        each
        for each in cooldowns
        if each.kind not in _OF_ONE_MODEL and health_of(each, now) is not Health.OK
    ]
    return max(ill, key=lambda e: (_WORSE.index(health_of(e, now)), e.ends_at), default=None)


def reason_of(cooldown: Cooldown) -> str:
    """Return the reason for a row that covers more than the scope."""
    return f"{cooldown.model}: {cooldown.message}" if cooldown.model else cooldown.message


def cooling_of(
    matching: Iterable[Cooldown], now: float, until: Callable[[Cooldown], float | None]
) -> Cooling | None:
    """Return what blocks a call in these scopes at the tick `now`, None if nothing does.

    Of several, the last to end is returned: the call is possible when none is left. `until` returns
    the Unix time of an end.
    """
    active = [each for each in matching if probe_state(each, now) != "over"]
    if not active:
        return None
    last = max(active, key=lambda each: each.ends_at)
    return Cooling(
        WIRE_CODE[last.kind],
        until(last),
        last.message,
        is_probe_due=all(probe_state(each, now) == "probe_due" for each in active),
        is_guess=not any(each.is_vendor_time for each in active),
    )


def best_health(
    healths: Iterable[tuple[Health, str | None, float | None]],
) -> tuple[Health, str | None, float | None]:
    """Return the health of a provider whose keys have these: one healthy key is enough."""
    ordered = sorted(healths, key=lambda each: (_WORSE.index(each[0]), each[2] or 0.0))
    return ordered[0] if ordered else (Health.OK, None, None)
