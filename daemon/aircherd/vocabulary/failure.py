"""How a call can fail: the classes that every vendor's errors are translated into, once.

What follows from a class (try the next one? mark the key?) is `routing`'s business; what a client
is told is the wire code in `WIRE_CODE`.
"""

import enum
from typing import Literal

import msgspec

from aircher_wire import codes


class FailureClass(enum.Enum):
    """Who is at fault, and so what may help."""

    AUTH = "auth"  # the key was refused
    PERMISSION = "permission"  # the key is good, but not for this (country, model, scope)
    ACCOUNT = "account"  # the account is on hold or may not use the service
    QUOTA = "quota"  # money or a long allowance is used up
    RATE = "rate"  # too fast; passes by itself
    OVERLOADED = "overloaded"  # the provider has no room
    CONTEXT = "context"  # the prompt does not fit this model
    REQUEST_SIZE = "request_size"  # the request does not fit any model here
    BAD_REQUEST = "bad_request"  # nobody would take this
    UNSUPPORTED = "unsupported"  # this model or API cannot express it; another may
    POLICY = "policy"  # refused for its content
    MODEL = "model"  # no such model here
    SERVER = "server"  # the provider broke
    PROTOCOL = "protocol"  # the provider answered something that is not its API
    NETWORK = "network"  # no or a broken connection
    TIMEOUT = "timeout"  # a deadline passed
    TRUNCATED = "truncated"  # the stream ended without its end


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
    FailureClass.UNSUPPORTED: codes.BAD_REQUEST,
    FailureClass.POLICY: codes.CONTENT_POLICY,
    FailureClass.MODEL: codes.UNKNOWN_MODEL,
    FailureClass.SERVER: codes.PROVIDER_ERROR,
    FailureClass.PROTOCOL: codes.PROVIDER_ERROR,
    FailureClass.NETWORK: codes.NETWORK,
    FailureClass.TIMEOUT: codes.TIMEOUT,
    FailureClass.TRUNCATED: codes.TRUNCATED,
}


Reach = Literal["request", "model"]


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """One failed call, in words fit for a person and free of any key.

    `status` is the HTTP status where there was one; `retry_after` is in seconds from now, where
    the provider gave it. `reach` is set where the failure says less than its class: nothing beyond
    this one request, or nothing beyond this model.
    """

    kind: FailureClass
    message: str
    status: int | None = None
    retry_after: float | None = None
    reach: Reach | None = None

    @property
    def code(self) -> str:
        """The wire's error code for this failure."""
        return WIRE_CODE[self.kind]
