"""Cooldowns as plans, people and programs see them: a health, a reason, until when; pure."""

from collections.abc import Callable, Iterable

from aircherd.routing.cooldown_policy import Cooldown
from aircherd.routing.cooldown_rules import CooldownScope
from aircherd.routing.probes import probe_state
from aircherd.vocabulary.availability import Cooling
from aircherd.vocabulary.failure import WIRE_CODE, FailureClass
from aircherd.vocabulary.keys import Health

_WORSE = (Health.OK, Health.COOLING, Health.QUOTA_EXHAUSTED, Health.UNREACHABLE)

# A model that is not there, or not for this key, says nothing of the key's other models.
_OF_ONE_MODEL = frozenset({FailureClass.MODEL, FailureClass.PERMISSION})


def health_data(
    health: Health, reason: str | None = None, until: float | None = None
) -> dict[str, object]:
    """Return a health as it travels, in rows, snapshots and events alike."""
    told = {"health_reason": reason, "until": until}
    return {"health": health.value, **{n: value for n, value in told.items() if value is not None}}


def where(provider: str, place: CooldownScope) -> dict[str, object]:
    """Return what of a provider an event is about; a key or a model only where it is meant."""
    _, key, model = place
    named = {"provider": provider, "key": key, "model": model}
    return {name: value for name, value in named.items() if value is not None}


def health_of(cooldown: Cooldown, now: float) -> Health:
    """Return the health of a place at the tick `now`.

    Who could not be reached stays so until somebody could, although he may be asked before.
    """
    if cooldown.scope_kind == "provider":
        return Health.UNREACHABLE
    if now >= cooldown.ends_at:
        return Health.OK
    is_quota = cooldown.kind is FailureClass.QUOTA
    return Health.QUOTA_EXHAUSTED if is_quota else Health.COOLING


def worst(cooldowns: Iterable[Cooldown], now: float) -> Cooldown | None:
    """Return the one that says most of how available their key is, None if all is well."""
    ill = [
        each
        for each in cooldowns
        if each.kind not in _OF_ONE_MODEL and health_of(each, now) is not Health.OK
    ]
    return max(ill, key=lambda e: (_WORSE.index(health_of(e, now)), e.ends_at), default=None)


def reason_of(cooldown: Cooldown) -> str:
    """Return the reason for a row that is about more than the place."""
    return f"{cooldown.model}: {cooldown.message}" if cooldown.model else cooldown.message


def cooling_of(
    touched: Iterable[Cooldown], now: float, until: Callable[[Cooldown], float | None]
) -> Cooling | None:
    """Return what keeps a call that meets these from being made at the tick `now`, None if nothing.

    The last to end is told: the call may be made when none is left. `until` gives its Unix time.
    """
    active = [each for each in touched if probe_state(each, now) != "over"]
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
    """Return the health of a provider whose keys have these: one that is well is enough."""
    ordered = sorted(healths, key=lambda each: (_WORSE.index(each[0]), each[2] or 0.0))
    return ordered[0] if ordered else (Health.OK, None, None)
