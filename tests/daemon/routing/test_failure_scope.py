"""Which candidates a failure rules out: the whole table."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.config.model import builtin_providers
from aircherd.routing.candidate import Candidate
from aircherd.routing.failure_scope import SCOPE_BY_FAILURE, Exclusions, FailureScope
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
    FailureClass.EMPTY: MODEL,
    FailureClass.PROTOCOL: PROVIDER,
    FailureClass.NETWORK: PROVIDER,
    FailureClass.TIMEOUT: PROVIDER,
    FailureClass.CONTEXT: WINDOW,
    FailureClass.REQUEST_SIZE: PROVIDER,
    FailureClass.REFUSED: PROVIDER,
    FailureClass.BAD_REQUEST: [],
    FailureClass.POLICY: [],
}


def after(*failures: tuple[Candidate, Failure]) -> Exclusions:
    exclusions = Exclusions()
    for candidate, failure in failures:
        exclusions.add(candidate, failure)
    return exclusions


def remaining_candidates(exclusions: Exclusions) -> list[Candidate]:
    """Return the candidates that may still be called."""
    return [each for each in ALL if exclusions.check(each) is None]


def failure(kind: FailureClass) -> Failure:
    return Failure(kind=kind, message="it failed")


def test_every_class_has_a_scope() -> None:
    """A new failure class needs a scope."""
    assert set(SCOPE_BY_FAILURE) == set(FailureClass) == set(LEFT)


@pytest.mark.parametrize("kind", FailureClass)
def test_candidates_left_after_a_failure(kind: FailureClass) -> None:
    """Each class rules out exactly its scope."""
    assert remaining_candidates(after((FAILED, failure(kind)))) == LEFT[kind]


def test_no_failure_rules_out_nothing() -> None:
    """Every candidate may be called."""
    assert remaining_candidates(after()) == ALL


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
def test_too_long_prompt_needs_a_larger_known_window(
    failed: int | None, window: int | None, *, may: bool
) -> None:
    """An unknown window does not count as larger."""
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
def test_skip_names_the_failure_that_caused_it(
    kind: FailureClass, candidate: Candidate, message: str
) -> None:
    """It also names the candidate that failed."""
    failed = failure(kind)
    skipped = after((FAILED, failed)).check(candidate)
    assert skipped == candidate.skipped(failed.code, message)


@given(st.lists(st.tuples(st.sampled_from(ALL), st.sampled_from(FailureClass).map(failure))))
def test_failures_accumulate(
    failures: list[tuple[Candidate, Failure]],
) -> None:
    """A candidate is left only if every failure leaves it, and a failed one never is."""
    each = [remaining_candidates(after(one)) for one in failures]
    assert remaining_candidates(after(*failures)) == [
        c for c in ALL if all(c in one for one in each)
    ]
    assert not {id(c) for c, _ in failures} & {
        id(c) for c in remaining_candidates(after(*failures))
    }


def test_only_a_faulty_request_rules_out_all() -> None:
    """All other failures leave some candidates."""
    final = {
        kind for kind, condemns in SCOPE_BY_FAILURE.items() if condemns is FailureScope.REQUEST
    }
    assert final == {kind for kind, others in LEFT.items() if not others}
