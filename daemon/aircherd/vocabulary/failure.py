"""The classes of failures that every vendor's errors are mapped to.

`routing` decides what follows from a class: try the next candidate, cool the key, and so on.
Clients see the wire code in `WIRE_CODE`.
"""

import enum
from typing import Literal

import msgspec

from aircher_wire import codes


class FailureClass(enum.Enum):
    """The cause of a failure."""

    AUTH = "auth"  # the key was rejected
    PERMISSION = "permission"  # the key is valid but lacks access (country, model, scope)
    ACCOUNT = "account"  # the account is suspended or may not use the service
    QUOTA = "quota"  # the credit or a long-term quota is used up
    RATE = "rate"  # too many requests; temporary
    OVERLOADED = "overloaded"  # the provider has no capacity
    CONTEXT = "context"  # the prompt exceeds the model's context window
    REQUEST_SIZE = "request_size"  # the request is too large for this provider
    BAD_REQUEST = "bad_request"  # invalid for every provider
    REFUSED = "refused"  # this provider refused the request and did not say why; another may not
    UNSUPPORTED = "unsupported"  # this model or API does not support it; another may
    POLICY = "policy"  # refused because of its content
    MODEL = "model"  # the provider has no such model
    SERVER = "server"  # an internal error of the provider
    PROTOCOL = "protocol"  # the response does not follow the API
    NETWORK = "network"  # no connection, or it broke
    TIMEOUT = "timeout"  # a deadline passed
    TRUNCATED = "truncated"  # the stream ended early
    EMPTY = "empty"  # a complete reply with nothing in it


WIRE_CODE: dict[FailureClass, str] = {
    FailureClass.AUTH: codes.AUTH_REJECTED,
    FailureClass.PERMISSION: codes.PROVIDER_ERROR,
    FailureClass.ACCOUNT: codes.PROVIDER_ERROR,
    FailureClass.QUOTA: codes.QUOTA_EXHAUSTED,
    FailureClass.RATE: codes.RATE_LIMITED,
    FailureClass.OVERLOADED: codes.OVERLOADED,
    FailureClass.CONTEXT: codes.CONTEXT_TOO_LONG,
    FailureClass.REQUEST_SIZE: codes.BAD_REQUEST,
    FailureClass.BAD_REQUEST: codes.BAD_REQUEST,
    FailureClass.REFUSED: codes.BAD_REQUEST,
    FailureClass.UNSUPPORTED: codes.BAD_REQUEST,
    FailureClass.POLICY: codes.CONTENT_POLICY,
    FailureClass.MODEL: codes.UNKNOWN_MODEL,
    FailureClass.SERVER: codes.PROVIDER_ERROR,
    FailureClass.PROTOCOL: codes.PROVIDER_ERROR,
    FailureClass.NETWORK: codes.NETWORK,
    FailureClass.TIMEOUT: codes.TIMEOUT,
    FailureClass.TRUNCATED: codes.TRUNCATED,
    FailureClass.EMPTY: codes.EMPTY_REPLY,
}


Reach = Literal["request", "model"]


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """One failed call. `message` is readable and contains no key.

    `status` is the HTTP status, `retry_after` the provider's delay in seconds; None if there was
    none. `reach` narrows the scope of the class: to this request, or to this model.
    """

    kind: FailureClass
    message: str
    status: int | None = None
    retry_after: float | None = None
    reach: Reach | None = None

    @property
    def denies_access(self) -> bool:
        """Whether access was denied without a word about the key, which may have expired."""
        return self.status == 403 and self.kind in (FailureClass.PERMISSION, FailureClass.ACCOUNT)

    @property
    def code(self) -> str:
        """The wire's error code for this failure."""
        return WIRE_CODE[self.kind]
