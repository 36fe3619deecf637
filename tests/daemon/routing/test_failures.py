"""What a failure leaves of the plan: the whole table."""

import pytest

from aircherd.config.model import builtin_providers
from aircherd.routing.failures import AFTER, after
from aircherd.routing.plan import Candidate
from aircherd.vocabulary.attempt import Skipped
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.models import Model

PROVIDERS = builtin_providers()
FAILED = Candidate(PROVIDERS["anthropic"], Model(id="m"), "default")
SAME_KEY = Candidate(PROVIDERS["anthropic"], Model(id="other-model"), "default")
SAME_MODEL = Candidate(PROVIDERS["anthropic"], Model(id="m"), "work")
OTHER = Candidate(PROVIDERS["openai"], Model(id="m"), "default")

KEY = [SAME_MODEL, OTHER]
MODEL = [SAME_KEY, OTHER]
PROVIDER = [OTHER]
LEFT = {
    FailureClass.AUTH: KEY,
    FailureClass.PERMISSION: KEY,
    FailureClass.ACCOUNT: KEY,
    FailureClass.QUOTA: KEY,
    FailureClass.RATE: KEY,
    FailureClass.OVERLOADED: MODEL,
    FailureClass.MODEL: MODEL,
    FailureClass.SERVER: MODEL,
    FailureClass.TRUNCATED: MODEL,
    FailureClass.PROTOCOL: PROVIDER,
    FailureClass.NETWORK: PROVIDER,
    FailureClass.TIMEOUT: PROVIDER,
    FailureClass.CONTEXT: [],
    FailureClass.REQUEST_SIZE: [],
    FailureClass.BAD_REQUEST: [],
    FailureClass.POLICY: [],
}


def test_every_class_is_decided():
    """A new class must be given a meaning."""
    assert set(AFTER) == set(FailureClass) == set(LEFT)


@pytest.mark.parametrize("kind", FailureClass)
def test_what_is_left_after_a_failure(kind):
    """Each class takes with it what it says about, and nothing else."""
    failure = Failure(kind=kind, message="it failed")
    left = after(failure, FAILED, [SAME_KEY, SAME_MODEL, OTHER])
    assert [step for step in left if isinstance(step, Candidate)] == LEFT[kind]


def test_what_a_failure_takes_with_it_is_reported():
    """A candidate that is not tried for another's failure says so."""
    failure = Failure(kind=FailureClass.NETWORK, message="connection refused")
    passed = Skipped(provider="x", reason="not_authenticated", message="no key")
    first, *rest = after(failure, FAILED, [SAME_MODEL, passed, OTHER])
    assert (first.provider, first.key, first.reason, first.message) == (
        "anthropic",
        "work",
        "network",
        "anthropic was not tried: connection refused",
    )
    assert rest == [passed, OTHER]
