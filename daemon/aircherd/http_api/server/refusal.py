"""A request that is refused before any dialect has read it, for one of HTTP's own reasons."""

from aircherd.http_api.call import Headers
from aircherd.http_api.problem import Problem, ProblemKind


class Refusal(Exception):
    """Why a request is refused. `closes` if the connection cannot carry another one."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: ProblemKind = "invalid_request",
        code: str = "bad_request",
        headers: Headers = (),
        closes: bool = False,
        may_retry: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.problem = Problem(
            kind=kind,
            status=status,
            code=code,
            message=message,
            may_retry=may_retry,
            retry_after=retry_after,
        )
        self.headers = headers
        self.closes = closes
