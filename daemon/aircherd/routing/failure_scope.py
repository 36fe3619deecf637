"""Which other candidates a failed call rules out: one table.

A failure rules out its key, its model at that provider, the whole provider, every model with no
larger context window, or the request itself, which no provider would accept.
"""

import enum

from aircherd.routing.candidate import Candidate
from aircherd.routing.cooldown_rules import RULES
from aircherd.vocabulary.attempt import Skipped
from aircherd.vocabulary.failure import Failure, FailureClass


class FailureScope(enum.Enum):
    """How much of the plan a failure rules out."""

    KEY = "key"  # other keys of the provider may work
    MODEL = "model"  # this model at this provider, with any key
    PROVIDER = "provider"  # all models and keys of the provider
    WINDOW = "window"  # all models whose context window is not known to be larger
    REQUEST = "request"  # all candidates


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
    FailureClass.EMPTY: FailureScope.MODEL,
    FailureClass.CONTEXT: FailureScope.WINDOW,
    # Limits differ, and so does what a provider refuses without saying why.
    FailureClass.REQUEST_SIZE: FailureScope.PROVIDER,
    FailureClass.REFUSED: FailureScope.PROVIDER,
    FailureClass.BAD_REQUEST: FailureScope.REQUEST,
    FailureClass.POLICY: FailureScope.REQUEST,
}


class Exclusions:
    """The failures of one request, and the candidates that they rule out."""

    def __init__(self) -> None:
        self._failures: list[tuple[Candidate, Failure]] = []

    def add(self, candidate: Candidate, failure: Failure) -> None:
        """Record how a call failed."""
        self._failures.append((candidate, failure))

    def forget_temporary(self) -> None:
        """Forget the failures that started a cooldown, after a wait.

        The cooldowns now decide about those. The rest stays: a prompt that is too long does not get
        shorter.
        """
        self._failures = [each for each in self._failures if not _is_temporary(each[1])]

    def check(self, candidate: Candidate) -> Skipped | None:
        """Return why a failure rules out `candidate`, None if none does."""
        for failed, failure in self._failures:
            if _is_excluded(candidate, SCOPE_BY_FAILURE[failure.kind], failed):
                reason = failure.message
                if candidate.provider.name != failed.provider.name:
                    reason = (
                        f"its context window is not known to be larger than that of "
                        f"{failed.origin}, which said: {reason}"
                    )
                message = f"{candidate.origin} was not tried: {reason}"
                return candidate.skipped(failure.code, message)
        return None


def _is_temporary(failure: Failure) -> bool:
    return RULES[failure.kind].scope is not None


def _is_excluded(candidate: Candidate, scope: FailureScope, failed: Candidate) -> bool:
    same_provider = candidate.provider.name == failed.provider.name
    match scope:
        case FailureScope.KEY:
            # An alias may name the provider twice, with different models and the same key.
            return same_provider and candidate.key == failed.key
        case FailureScope.MODEL:
            return same_provider and candidate.model.id == failed.model.id
        case FailureScope.PROVIDER:
            return same_provider
        case FailureScope.WINDOW:
            return not _has_larger_window(candidate, failed)
        case FailureScope.REQUEST:
            return True


def _has_larger_window(candidate: Candidate, failed: Candidate) -> bool:
    """Return whether the window of `candidate` is known to be larger than that of `failed`."""
    window = candidate.model.window
    return window is not None and (failed.model.window is None or window > failed.model.window)
