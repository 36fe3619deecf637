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
    ("kind", "place"),
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
def test_what_cools(kind, place):
    """A key, a model, both, a provider, or nothing."""
    assert place == scope_of(failure(kind), "work", "m")


def test_every_class_has_a_row():
    """A class that is forgotten would be no class."""
    assert set(FailureClass) == set(RULES)


@pytest.mark.parametrize("kind", FailureClass)
def test_a_failure_of_one_request_cools_nothing(kind):
    """The same model may be fine for a request without tools."""
    assert scope_of(failure(kind, reach="request"), "work", "m") is None


def test_a_quota_of_one_model_leaves_the_key_alone():
    """Gemini's free tier counts for each model."""
    assert scope_of(failure(FailureClass.QUOTA, reach="model"), "work", "m") == BOTH


def test_a_local_server_without_the_model_is_asked_again():
    """It says so in no time, and the user may pull the model this minute."""
    assert scope_of(failure(FailureClass.MODEL), None, "m") is None


@pytest.mark.parametrize("kind", FailureClass)
def test_a_look_without_a_model_tells_of_the_provider_only(kind):
    """No key is known then, and no model."""
    expected = PROVIDER if kind in (FailureClass.NETWORK, FailureClass.TIMEOUT) else None
    assert expected == scope_of(failure(kind), None, None)


@pytest.mark.parametrize(
    ("said", "model", "place"),
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
def test_a_rate_limit_is_the_keys_where_the_headers_say_so(said, model, place):
    """Nothing left of anything is the key's; OpenRouter's free models are apart."""
    assert place == scope_of(failure(FailureClass.RATE), "work", model, said)


def test_headers_without_anything_spend_nothing():
    """No allowance at all is not an allowance of nought."""
    assert not is_key_exhausted(RateLimitState(seen_at=WALL, allowances=()), "m")


def test_no_row_guesses_at_more_than_it_would_believe():
    """Our own guess is no better than a vendor's word."""
    assert all(rule.longest <= rule.max_vendor_seconds for rule in RULES.values())
