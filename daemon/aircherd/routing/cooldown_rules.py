"""Which failure cools what, and for how long at first: the table of cooldown rules.

The rows follow the vendors' documentation and the cooldowns of other routers (docs/decisions.md).
"""

from typing import Literal

import msgspec

from aircherd.vocabulary.availability import RateLimitState
from aircherd.vocabulary.failure import Failure, FailureClass

ScopeKind = Literal["key", "model", "key+model", "provider"]
CooldownScope = tuple[ScopeKind, str | None, str | None]
"""What of a provider is cooling: the kind, the key's name, the model's id; None matches any.

The key is also None if the provider needs none.
"""

_MINUTE = 60.0
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_MONTH = 31 * _DAY


class CooldownRule(msgspec.Struct, frozen=True):
    """One row: what cools, and the seconds of the first and of the longest cooldown.

    A time that the vendor names is capped at `max_vendor_seconds`: a broken or hostile server may
    name a year. If the vendor means it, the first request after the cap finds out.
    """

    scope: ScopeKind | None
    first: float = 0.0
    longest: float = 0.0
    max_vendor_seconds: float = _HOUR


_NOTHING = CooldownRule(None)
_BROKEN = CooldownRule("model", 2.0, 5 * _MINUTE)
_UNREACHABLE = CooldownRule("provider", 5.0, 5 * _MINUTE)

RULES: dict[FailureClass, CooldownRule] = {
    # AuthManager handles rejected keys: they are not used again until the key changes or a check
    # accepts it. A faulty request says nothing about the provider.
    FailureClass.AUTH: _NOTHING,
    FailureClass.CONTEXT: _NOTHING,
    FailureClass.REQUEST_SIZE: _NOTHING,
    FailureClass.BAD_REQUEST: _NOTHING,
    FailureClass.REFUSED: _NOTHING,
    FailureClass.UNSUPPORTED: _NOTHING,
    FailureClass.POLICY: _NOTHING,
    FailureClass.EMPTY: _NOTHING,
    # Budgets reset each month at the latest, rates and free allowances each day.
    FailureClass.QUOTA: CooldownRule("key", _HOUR, _DAY, _MONTH),
    FailureClass.ACCOUNT: CooldownRule("key", _HOUR, _DAY, _MONTH),
    FailureClass.RATE: CooldownRule("key+model", 1.0, 30 * _MINUTE, _DAY),
    # People change permissions and model lists, and want to see the effect soon.
    FailureClass.PERMISSION: CooldownRule("key+model", 10 * _MINUTE, 12 * _HOUR, _DAY),
    FailureClass.MODEL: CooldownRule("key+model", 10 * _MINUTE, 12 * _HOUR, _DAY),
    FailureClass.OVERLOADED: CooldownRule("model", 5.0, 5 * _MINUTE),
    FailureClass.SERVER: _BROKEN,
    FailureClass.TRUNCATED: _BROKEN,
    FailureClass.PROTOCOL: _BROKEN,
    FailureClass.NETWORK: _UNREACHABLE,
    FailureClass.TIMEOUT: _UNREACHABLE,
}


def scope_of(
    failure: Failure, key: str | None, model: str | None, limits: RateLimitState | None = None
) -> CooldownScope | None:
    """Return what of its provider `failure` cools, None for nothing.

    Args:
        failure: of a call.
        key: the name of the call's key, None if it needs none.
        model: the model's id, None for a call that has no model.
        limits: the rate limits in the response headers.
    """
    kind = RULES[cooldown_class(failure)].scope
    if kind is None or failure.reach == "request":
        return None
    if failure.kind is FailureClass.MODEL and key is None:
        return None  # a local server answers this at once, and the model may be pulled any moment
    if kind == "provider":
        return ("provider", None, None)
    if model is None:
        return None
    if failure.reach == "model" and kind == "key":
        kind = "key+model"
    elif failure.kind is FailureClass.RATE and is_key_exhausted(limits, model):
        kind = "key"
    return make_scope(kind, key, model)


def cooldown_class(failure: Failure) -> FailureClass:
    """Return the class whose rule applies to `failure`.

    A provider that breaks off in the middle of an answer is reachable: that counts as a truncated
    answer of this model and says nothing about the provider's other models.
    """
    is_cut = failure.reach == "model" and RULES[failure.kind] is _UNREACHABLE
    return FailureClass.TRUNCATED if is_cut else failure.kind


def make_scope(kind: ScopeKind, key: str | None, model: str | None) -> CooldownScope:
    """Return the scope of that kind that a call with this key and model falls into."""
    return (kind, key if "key" in kind else None, model if "model" in kind else None)


def is_key_exhausted(limits: RateLimitState | None, model: str) -> bool:
    """Return whether the key is exhausted for every model, not only for this one.

    Most vendors count per model. If only one of two allowances is exhausted, or only tokens are, it
    is the model's.
    """
    if limits is None or model.endswith(":free"):  # OpenRouter: paid models still work
        return False
    spent = {each.counted for each in limits.allowances if each.remaining == 0}
    return "requests" in spent and len(spent) == len(limits.allowances)
