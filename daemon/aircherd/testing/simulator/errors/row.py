"""The row type of the vendors' error tables."""

import msgspec


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One error.

    Attributes:
        details: Anthropic's and Gemini's `error.details`, OpenRouter's `error.metadata`.
        raw: the whole body, for servers with their own shape.
        named: in a stream, the event has the name `error`.
        retry_after: seconds, if the vendor sends a retry header.
        exhausted: the limit that the rate-limit headers show as used up.
    """

    status: int
    message: str
    type: str | None = None
    code: str | None = None
    param: str | None = None
    details: dict[str, object] | list[dict[str, object]] | None = None
    raw: dict[str, object] | None = None
    named: bool = False
    retry_after: float | None = None
    exhausted: str | None = None
