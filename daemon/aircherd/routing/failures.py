"""What a failed call means for the candidates that are left: one table.

A failure condemns more or less of the plan: nothing but its own key, the model at that provider,
the whole provider, or the request itself, which nobody would take.
"""

import enum
from collections.abc import Sequence
from typing import TypeGuard

from aircherd.routing.plan import Candidate, Step
from aircherd.vocabulary.attempt import Skipped
from aircherd.vocabulary.failure import Failure, FailureClass


class Condemns(enum.Enum):
    """How much of the plan a failure takes with it."""

    KEY = "key"  # another key of the provider may do
    MODEL = "model"  # this model at this provider, whatever the key
    PROVIDER = "provider"  # everything there
    REQUEST = "request"  # nobody would answer this


AFTER: dict[FailureClass, Condemns] = {
    FailureClass.AUTH: Condemns.KEY,
    FailureClass.PERMISSION: Condemns.KEY,
    FailureClass.ACCOUNT: Condemns.KEY,
    FailureClass.QUOTA: Condemns.KEY,
    FailureClass.RATE: Condemns.KEY,
    FailureClass.OVERLOADED: Condemns.MODEL,
    FailureClass.MODEL: Condemns.MODEL,
    FailureClass.SERVER: Condemns.MODEL,
    FailureClass.PROTOCOL: Condemns.PROVIDER,
    FailureClass.NETWORK: Condemns.PROVIDER,
    FailureClass.TIMEOUT: Condemns.PROVIDER,
    FailureClass.TRUNCATED: Condemns.MODEL,
    # A larger window may hold what does not fit; until windows are known, nobody is asked in vain.
    FailureClass.CONTEXT: Condemns.REQUEST,
    FailureClass.REQUEST_SIZE: Condemns.REQUEST,
    FailureClass.BAD_REQUEST: Condemns.REQUEST,
    FailureClass.POLICY: Condemns.REQUEST,
}


def after(failure: Failure, failed: Candidate, left: Sequence[Step]) -> list[Step]:
    """Return the steps that are left, those that `failure` takes with it as passed over.

    Nothing is left after a failure that condemns the request: nobody would take it.
    """
    condemns = AFTER[failure.kind]
    if condemns is Condemns.REQUEST:
        return []
    return [
        _taken_with_it(step, failure) if _is_condemned(step, failed, condemns) else step
        for step in left
    ]


def _is_condemned(candidate: Step, failed: Candidate, condemns: Condemns) -> TypeGuard[Candidate]:
    if isinstance(candidate, Skipped):
        return False
    same_provider = candidate.provider.name == failed.provider.name
    match condemns:
        case Condemns.KEY:
            # An alias may name the provider again, with another model but the same key.
            return same_provider and candidate.key == failed.key
        case Condemns.MODEL:
            return same_provider and candidate.model.id == failed.model.id
        case _:
            return same_provider


def _taken_with_it(candidate: Candidate, failure: Failure) -> Skipped:
    return Skipped(
        provider=candidate.provider.name,
        model=candidate.model.id,
        key=candidate.key,
        reason=failure.code,
        message=f"{candidate.provider.name} was not tried: {failure.message}",
    )
