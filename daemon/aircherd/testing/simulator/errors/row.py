"""The row of the vendors' error tables; the tables are in `errors_VENDOR`."""

import msgspec


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One error.

    Attributes:
        details: Anthropic's and Gemini's `error.details`, OpenRouter's `error.metadata`.
        raw: the whole body, for servers with a shape of their own.
        named: in a stream, the event is called `error`.
        retry_after: seconds, where the vendor says when to come back.
        exhausted: the limit that is used up, for the rate-limit headers.
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
