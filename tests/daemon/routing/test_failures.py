"""What a failure leaves of the plan: the whole table."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.config.model import builtin_providers
from aircherd.routing.candidate import Candidate
from aircherd.routing.failures import SCOPE_BY_FAILURE, Exclusions, FailureScope
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.models import Model

PROVIDERS = builtin_providers()
FAILED = Candidate(PROVIDERS["anthropic"], Model(id="m", window=1000), "default")
SAME_KEY = Candidate(PROVIDERS["anthropic"], Model(id="other-model", window=1000), "default")
SAME_MODEL = Candidate(PROVIDERS["anthropic"], Model(id="m", window=1000), "work")
LARGER = Candidate(PROVIDERS["anthropic"], Model(id="large", window=2000), "default")
OTHER = Candidate(PROVIDERS["openai"], Model(id="m", window=1000), "default")
OTHER_LARGER = Candidate(PROVIDERS["openai"], Model(id="large", window=2000), "default")
ALL = [FAILED, SAME_KEY, SAME_MODEL, LARGER, OTHER, OTHER_LARGER]

KEY = [SAME_MODEL, OTHER, OTHER_LARGER]
MODEL = [SAME_KEY, LARGER, OTHER, OTHER_LARGER]
PROVIDER = [OTHER, OTHER_LARGER]
WINDOW = [LARGER, OTHER_LARGER]
LEFT = {
    FailureClass.AUTH: KEY,
    FailureClass.PERMISSION: KEY,
    FailureClass.ACCOUNT: KEY,
    FailureClass.QUOTA: KEY,
    FailureClass.RATE: KEY,
    FailureClass.OVERLOADED: MODEL,
    FailureClass.MODEL: MODEL,
    FailureClass.UNSUPPORTED: MODEL,
    FailureClass.SERVER: MODEL,
    FailureClass.TRUNCATED: MODEL,
    FailureClass.PROTOCOL: PROVIDER,
    FailureClass.NETWORK: PROVIDER,
    FailureClass.TIMEOUT: PROVIDER,
    FailureClass.CONTEXT: WINDOW,
    FailureClass.REQUEST_SIZE: [],
    FailureClass.BAD_REQUEST: [],
    FailureClass.POLICY: [],
}


def after(*failures: tuple[Candidate, Failure]) -> Exclusions:
    exclusions = Exclusions()
    for candidate, failure in failures:
        exclusions.add(candidate, failure)
    return exclusions


def left(exclusions: Exclusions) -> list[Candidate]:
    """Return who may still be asked."""
    return [each for each in ALL if exclusions.check(each) is None]


def failure(kind: FailureClass) -> Failure:
    return Failure(kind=kind, message="it failed")


def test_every_class_is_decided() -> None:
    """A new class must be given a meaning."""
    assert set(SCOPE_BY_FAILURE) == set(FailureClass) == set(LEFT)


@pytest.mark.parametrize("kind", FailureClass)
def test_what_is_left_after_a_failure(kind: FailureClass) -> None:
    """Each class takes with it what it says about, and nothing else."""
    assert left(after((FAILED, failure(kind)))) == LEFT[kind]


def test_before_anything_failed_everybody_may_be_asked() -> None:
    """Nothing is held against anybody."""
    assert left(after()) == ALL


@pytest.mark.parametrize(
    ("failed", "window", "may"),
    [
        (1000, 1001, True),
        (1000, 1000, False),
        (1000, 999, False),
        (1000, None, False),
        (None, 10, True),
        (None, None, False),
    ],
)
def test_what_was_too_long_goes_only_where_there_is_known_to_be_more_room(
    failed: int | None, window: int | None, *, may: bool
) -> None:
    """An unknown window is not a large one."""
    small = msgspec.structs.replace(FAILED, model=Model(id="m", window=failed))
    next_one = msgspec.structs.replace(OTHER, model=Model(id="n", window=window))
    exclusions = after((small, failure(FailureClass.CONTEXT)))
    assert (exclusions.check(next_one) is None) is may


@pytest.mark.parametrize(
    ("kind", "candidate", "message"),
    [
        (FailureClass.NETWORK, SAME_MODEL, "anthropic/m was not tried: it failed"),
        (FailureClass.CONTEXT, SAME_MODEL, "anthropic/m was not tried: it failed"),
        (
            FailureClass.CONTEXT,
            OTHER,
            (
                "openai/m was not tried: its context window is not known to be larger than "
                "that of anthropic/m, which said: it failed"
            ),
        ),
    ],
)
def test_what_a_failure_takes_with_it_is_reported(
    kind: FailureClass, candidate: Candidate, message: str
) -> None:
    """A candidate that is not tried for another's failure says so, and whose it was."""
    failed = failure(kind)
    skipped = after((FAILED, failed)).check(candidate)
    assert skipped == candidate.skipped(failed.code, message)


@given(st.lists(st.tuples(st.sampled_from(ALL), st.sampled_from(FailureClass).map(failure))))
def test_each_failure_takes_more_and_gives_nothing_back(
    failures: list[tuple[Candidate, Failure]],
) -> None:
    """After several, those are left that each of them leaves; a failed one never is."""
    each = [left(after(one)) for one in failures]
    assert left(after(*failures)) == [c for c in ALL if all(c in one for one in each)]
    assert not {id(c) for c, _ in failures} & {id(c) for c in left(after(*failures))}


def test_only_a_request_that_nobody_would_answer_ends_everything() -> None:
    """Whoever fails for a reason of his own leaves the others."""
    final = {
        kind for kind, condemns in SCOPE_BY_FAILURE.items() if condemns is FailureScope.REQUEST
    }
    assert final == {kind for kind, others in LEFT.items() if not others}
