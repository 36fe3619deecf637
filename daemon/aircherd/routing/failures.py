"""What a failed call means for the candidates that are left: one table.

A failure condemns more or less of the plan: nothing but its own key, the model at that provider,
the whole provider, every smaller window, or the request itself, which nobody would take.
"""

import enum

from aircherd.routing.candidate import Candidate
from aircherd.routing.cooldown_policy import RULES
from aircherd.vocabulary.attempt import Skipped
from aircherd.vocabulary.failure import Failure, FailureClass


class FailureScope(enum.Enum):
    """How much of the plan a failure takes with it."""

    KEY = "key"  # another key of the provider may do
    MODEL = "model"  # this model at this provider, whatever the key
    PROVIDER = "provider"  # everything there
    WINDOW = "window"  # everything that holds no more
    REQUEST = "request"  # nobody would answer this


SCOPE_BY_FAILURE: dict[FailureClass, FailureScope] = {
    FailureClass.AUTH: FailureScope.KEY,
    FailureClass.PERMISSION: FailureScope.KEY,
    FailureClass.ACCOUNT: FailureScope.KEY,
    FailureClass.QUOTA: FailureScope.KEY,
    FailureClass.RATE: FailureScope.KEY,
    FailureClass.OVERLOADED: FailureScope.MODEL,
    FailureClass.MODEL: FailureScope.MODEL,
    FailureClass.UNSUPPORTED: FailureScope.MODEL,
    FailureClass.SERVER: FailureScope.MODEL,
    FailureClass.PROTOCOL: FailureScope.PROVIDER,
    FailureClass.NETWORK: FailureScope.PROVIDER,
    FailureClass.TIMEOUT: FailureScope.PROVIDER,
    FailureClass.TRUNCATED: FailureScope.MODEL,
    FailureClass.CONTEXT: FailureScope.WINDOW,
    FailureClass.REQUEST_SIZE: FailureScope.REQUEST,
    FailureClass.BAD_REQUEST: FailureScope.REQUEST,
    FailureClass.POLICY: FailureScope.REQUEST,
}


class Exclusions:
    """What the failures of one request have taken with them so far."""

    def __init__(self) -> None:
        self._failures: list[tuple[Candidate, Failure]] = []

    def add(self, candidate: Candidate, failure: Failure) -> None:
        """Note how a call failed."""
        self._failures.append((candidate, failure))

    def forget_what_passes(self) -> None:
        """Hear that time went by: what cools is asked of the cooldowns, and the rest still holds.

        A prompt that is too long does not get shorter.
        """
        self._failures = [each for each in self._failures if not _cools(each[1])]

    def reason_against(self, candidate: Candidate) -> Skipped | None:
        """Return why `candidate` is not worth a call any more, None if it is."""
        for failed, failure in self._failures:
            if _takes(SCOPE_BY_FAILURE[failure.kind], failed, candidate):
                said = failure.message
                if candidate.provider.name != failed.provider.name:
                    said = f"it is not known to hold more than {failed.origin}, which said: {said}"
                message = f"{candidate.origin} was not tried: {said}"
                return candidate.skipped(failure.code, message)
        return None


def _cools(failure: Failure) -> bool:
    return RULES[failure.kind].scope is not None


def _takes(condemns: FailureScope, failed: Candidate, candidate: Candidate) -> bool:
    same_provider = candidate.provider.name == failed.provider.name
    match condemns:
        case FailureScope.KEY:
            # An alias may name the provider again, with another model but the same key.
            return same_provider and candidate.key == failed.key
        case FailureScope.MODEL:
            return same_provider and candidate.model.id == failed.model.id
        case FailureScope.PROVIDER:
            return same_provider
        case FailureScope.WINDOW:
            return not _holds_more(candidate, failed)
        case FailureScope.REQUEST:
            return True


def _holds_more(candidate: Candidate, failed: Candidate) -> bool:
    """Whether `candidate` is known to hold more than what was too small."""
    window = candidate.model.window
    return window is not None and (failed.model.window is None or window > failed.model.window)
