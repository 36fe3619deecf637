"""Which failure cools what: the table of rules."""

import pytest

from aircherd.routing.cooldown_rules import RULES, is_key_exhausted, scope_of
from aircherd.vocabulary.availability import Allowance, RateLimitState
from aircherd.vocabulary.failure import Failure, FailureClass

WALL = 1_795_000_000.0
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


@pytest.mark.parametrize(
    ("kind", "scope"),
    [
        (FailureClass.AUTH, None),
        (FailureClass.CONTEXT, None),
        (FailureClass.REQUEST_SIZE, None),
        (FailureClass.BAD_REQUEST, None),
        (FailureClass.POLICY, None),
        (FailureClass.QUOTA, KEY),
        (FailureClass.ACCOUNT, KEY),
        (FailureClass.RATE, BOTH),
        (FailureClass.PERMISSION, BOTH),
        (FailureClass.MODEL, BOTH),
        (FailureClass.OVERLOADED, MODEL),
        (FailureClass.SERVER, MODEL),
        (FailureClass.TRUNCATED, MODEL),
        (FailureClass.PROTOCOL, MODEL),
        (FailureClass.NETWORK, PROVIDER),
        (FailureClass.TIMEOUT, PROVIDER),
    ],
)
def test_scope_of_each_class(kind, scope):
    """A key, a model, both, a provider, or nothing."""
    assert scope == scope_of(failure(kind), "work", "m")


def test_every_class_has_a_rule():
    """A new failure class needs a rule."""
    assert set(FailureClass) == set(RULES)


@pytest.mark.parametrize("kind", FailureClass)
def test_failure_of_one_request_cools_nothing(kind):
    """The same model may work for a request without tools."""
    assert scope_of(failure(kind, reach="request"), "work", "m") is None


def test_quota_of_one_model_does_not_cool_the_key():
    """Gemini's free tier counts per model."""
    assert scope_of(failure(FailureClass.QUOTA, reach="model"), "work", "m") == BOTH


def test_missing_local_model_does_not_cool():
    """The server answers at once, and the user may pull the model at any time."""
    assert scope_of(failure(FailureClass.MODEL), None, "m") is None


@pytest.mark.parametrize("kind", FailureClass)
def test_failure_without_a_model_cools_the_provider_only(kind):
    """Neither a key nor a model is known."""
    expected = PROVIDER if kind in (FailureClass.NETWORK, FailureClass.TIMEOUT) else None
    assert expected == scope_of(failure(kind), None, None)


@pytest.mark.parametrize(
    ("limits_in_headers", "model", "scope"),
    [
        (None, "m", BOTH),
        (limits(requests=0, tokens=0), "m", KEY),
        (limits(requests=0), "m", KEY),
        (limits(requests=9, tokens=0), "m", BOTH),
        (limits(tokens=0), "m", BOTH),
        (limits(requests=9), "m", BOTH),
        (limits(requests=0), "m:free", ("key+model", "work", "m:free")),
    ],
)
def test_exhausted_headers_cool_the_key(limits_in_headers, model, scope):
    """Every allowance has to be exhausted; OpenRouter's free models count separately."""
    assert scope == scope_of(failure(FailureClass.RATE), "work", model, limits_in_headers)


def test_headers_without_allowances_are_not_exhausted():
    """No allowance is not an allowance of zero."""
    assert not is_key_exhausted(RateLimitState(seen_at=WALL, allowances=()), "m")


def test_no_guess_exceeds_the_vendor_cap():
    """A guess is not more reliable than the vendor's time."""
    assert all(rule.longest <= rule.max_vendor_seconds for rule in RULES.values())
