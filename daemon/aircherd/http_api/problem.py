"""An error as all dialects tell it: `operations` makes it, each dialect gives it its own form."""

from typing import Final, Literal

import msgspec

ProblemKind = Literal[
    "invalid_request",  # 400
    "context_length",  # 400: the prompt is too long
    "unsupported",  # 400: nothing that may answer can do what is asked for
    "authentication",  # 401: the client's own token, never a provider's key
    "not_signed_in",  # 401: no provider that may answer has a key that works
    "permission",  # 403
    "usage_limit",  # 429: a limit of the user's is used up
    "rate_limit",  # 429: each provider's limit is used up
    "not_found",  # 404: a model or a path
    "method",  # 405
    "too_large",  # 413
    "overloaded",  # 503 (529 in anthropic)
    "unavailable",  # 502 or 503: no provider could answer
    "timeout",  # 504
    "interrupted",  # the reply broke off
    "internal",  # 500
]


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong.

    - `status`: the HTTP status, unless a dialect has one of its own for the kind.
    - `code`: aircher's error code, as `docs/protocol.md` lists them.
    - `message`: what, where and what to do; no key is in it.
    - `param`: the field it is about.
    - `retry_after`: seconds until it is worth asking again, if that is known.
    - `may_retry`: whether the client should ask again by itself. False once nothing is left to try.
    """

    kind: ProblemKind
    status: int
    code: str
    message: str
    param: str | None = None
    retry_after: float | None = None
    may_retry: bool = False


FAILED_DEPENDENCY: Final = 424
"""Tools repeat every 5xx. This says that what the request depends on has failed."""


def final_status(status: int, problem: Problem) -> int:
    """Return the status of an error in a dialect whose clients repeat every 5xx."""
    return FAILED_DEPENDENCY if status >= 500 and not problem.may_retry else status


class RequestProblem(Exception):
    """A request cannot be served as it is. Dialects raise it while they read."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def invalid(message: str, param: str | None = None) -> RequestProblem:
    """Return what to raise for a request that is wrong in itself."""
    return RequestProblem(
        Problem(
            kind="invalid_request", status=400, code="bad_request", message=message, param=param
        )
    )
