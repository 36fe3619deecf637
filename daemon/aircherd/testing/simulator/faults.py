"""Faults on demand: for which requests, how often, and where in the response.

A fault is applied before the key is checked. Positions count pieces of output (words, fragments of
tool arguments), so they mean the same for every vendor: `after=None` is before the first byte of
the response, `after=0` after the head and the stream's opening but before any output, `after=2`
after two pieces. A response that is not streamed breaks in the middle of its body.

| kind | what happens |
|---|---|
| `error` | the vendor's `error` (see `errors`), with `message`, retry and limit headers |
| `answer` | `status`, `content_type` and `body` as given |
| `html` | a web page, with `status` (502) |
| `empty` | 200 (or `status`) and not one byte of body |
| `content_type` | the right body under the wrong `content_type` |
| `no_stream` | a whole JSON answer to a request for a stream |
| `stall` | nothing for `seconds` (None: until the client leaves) at `after`, then the rest |
| `truncate` | the body ends well-formed at `after`, but the stream never says it ended |
| `no_end_marker` | only the last event (`[DONE]`, `message_stop`) is missing |
| `cut` | the connection is closed at `after`, in the middle of the body |
| `reset` | the same with a TCP reset |
| `stream_error` | the vendor's `error` as an event at `after`; the stream ends there |
| `malformed` | an event that is not JSON at `after`; the stream continues |
| `inject` | `text`, unchanged, at `after`; the stream continues unless `last` |
| `slow_head` | the status line and headers come byte by byte, `seconds` apart |
| `close_after` | a complete response, then the kept-alive connection is closed without notice |
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

from aircherd.testing.simulator.errors.table import ROWS
from aircherd.testing.simulator.limits import RetryFormat

Kind = Literal[
    "error",
    "answer",
    "html",
    "empty",
    "content_type",
    "no_stream",
    "stall",
    "truncate",
    "no_end_marker",
    "cut",
    "reset",
    "stream_error",
    "malformed",
    "inject",
    "slow_head",
    "close_after",
]


class _Kind(msgspec.Struct, frozen=True):
    kind: Kind


class Fault(_Kind, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fault; see the top of this file for the kinds.

    Attributes:
        vendor, key, model: apply only to these; None: any (for an `error`: any that has it).
        endpoint: `chat` (the default, so that key checks do not use up the fault), `models`,
            `key`, `version`, `tags`, or `any`.
        times: how many requests it applies to; None: all, until cleared.
        skip: how many matching requests are served normally first.
        retry_after: seconds; None: the value of the error's row. `retry_format` `none`: not sent.
        exhausted: the limit that the rate-limit headers show as used up; it resets in `reset`
            seconds.
        headers: added to the response, replacing headers of the same name.
    """

    vendor: str | None = None
    endpoint: str = "chat"
    key: str | None = None
    model: str | None = None
    times: int | None = 1
    skip: int = 0
    after: int | None = None
    seconds: float | None = None
    error: str = "server"
    message: str | None = None
    retry_after: float | None = None
    retry_format: RetryFormat = "seconds"
    exhausted: str | None = None
    reset: float | None = None
    status: int | None = None
    content_type: str | None = None
    body: str = ""
    text: str = ""
    last: bool = False
    headers: dict[str, str] = {}

    def __post_init__(self) -> None:
        if self.vendor is not None and self.vendor not in ROWS:
            raise ValueError(f"unknown vendor {self.vendor!r}; there are {', '.join(ROWS)}")
        vendors = ROWS if self.vendor is None else [self.vendor]
        if not any(self.error in ROWS[vendor] for vendor in vendors):
            raise ValueError(f"no error {self.error!r}; error_names(vendor) lists them")


class Faults:
    """The faults that are not used up yet; the first one that matches is applied."""

    def __init__(self) -> None:
        self._programmed: list[_PendingFault] = []

    def __repr__(self) -> str:
        return f"<Faults {[fault.kind for fault in self]}>"

    def __len__(self) -> int:
        return len(self._programmed)

    def __iter__(self) -> Iterator[Fault]:
        return (programmed.fault for programmed in self._programmed)

    def add(self, *faults: Fault) -> None:
        """Add faults after the existing ones."""
        self._programmed += [_PendingFault(fault) for fault in faults]

    def clear(self) -> None:
        """Remove all faults."""
        self._programmed.clear()

    def take(
        self, *, vendor: str, endpoint: str | None, key: str | None, model: str | None
    ) -> Fault | None:
        """Return the fault for this request, and count its use."""
        for programmed in self._programmed:
            fault = programmed.fault
            if not _fits(fault, vendor, endpoint, key, model):
                continue
            if programmed.skip:
                programmed.skip -= 1
                continue
            if programmed.left is not None:
                programmed.left -= 1
                if programmed.left <= 0:
                    self._programmed.remove(programmed)
            return fault
        return None


class _PendingFault:
    """A fault and how often it still applies."""

    __slots__ = ("fault", "left", "skip")

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.left = fault.times
        self.skip = fault.skip


def _fits(
    fault: Fault, vendor: str, endpoint: str | None, key: str | None, model: str | None
) -> bool:
    return (
        fault.vendor in (None, vendor)
        and (fault.kind not in ("error", "stream_error") or fault.error in ROWS[vendor])
        and fault.endpoint in ("any", endpoint)
        and fault.key in (None, key)
        and fault.model in (None, model)
    )
