"""What goes wrong on demand: for whom, how often, and where in the answer.

A fault meets a request before its key is looked at. Positions count pieces of output (words,
fragments of tool arguments), so that they mean the same for every vendor: `after=None` is before
the first byte of the answer, `after=0` after the head and the stream's opening but before any
output, `after=2` after two pieces. An answer that is not a stream breaks in the middle of its body.

| kind | what happens |
|---|---|
| `error` | the vendor's `error` (see `error_rows`), with `message`, retry and limit headers |
| `answer` | `status`, `content_type` and `body` as given |
| `html` | a web page, with `status` (502) |
| `empty` | 200 (or `status`) and not one byte of body |
| `content_type` | the right body under the wrong `content_type` |
| `no_stream` | a whole JSON answer to a request for a stream |
| `stall` | nothing for `seconds` (None: until the client leaves) at `after`, then the rest |
| `truncate` | the body ends well-formed at `after`, but the stream never says it ended |
| `no_end_marker` | all is there but the last event (`[DONE]`, `message_stop`) |
| `cut` | the connection is closed at `after`, in the middle of the body |
| `reset` | the same with a TCP reset |
| `stream_error` | the vendor's `error` as an event at `after`; the stream ends there |
| `malformed` | an event that is not JSON at `after`; the stream goes on |
| `inject` | `text` as it is at `after`; the stream goes on, unless `last` |
| `slow_head` | the status line and headers come byte by byte, `seconds` apart |
| `close_after` | a good answer, and then the kept connection is closed without notice |
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

from aircherd.testing.simulator.errors.rows import ROWS
from aircherd.testing.simulator.limits import RetryForm

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
    """One thing that goes wrong; see the top of this file for the kinds.

    Attributes:
        vendor, key, model: only for these; None: for any (for an `error`: any that has it).
        endpoint: `chat` (by default, so that a key check uses nothing up), `models`, `key`,
            `version`, `tags`, or `any`.
        times: how many requests it meets, then it is gone; None: all, until cleared.
        skip: how many matching requests pass unharmed before.
        retry_after: seconds; None: what the error's row says. `retry_form` `none`: not sent.
        exhausted: which limit the rate-limit headers show as used up, and `reset` when it is
            whole again, in seconds.
        headers: added to the answer, in place of those of the same name.
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
    retry_form: RetryForm = "seconds"
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
    """The faults programmed and not yet used up; the first that fits meets the request."""

    def __init__(self) -> None:
        self._programmed: list[_Programmed] = []

    def __repr__(self) -> str:
        return f"<Faults {[fault.kind for fault in self]}>"

    def __len__(self) -> int:
        return len(self._programmed)

    def __iter__(self) -> Iterator[Fault]:
        return (programmed.fault for programmed in self._programmed)

    def add(self, *faults: Fault) -> None:
        """Program these, behind those that are there."""
        self._programmed += [_Programmed(fault) for fault in faults]

    def clear(self) -> None:
        """Let everything go well from now on."""
        self._programmed.clear()

    def take(
        self, *, vendor: str, endpoint: str | None, key: str | None, model: str | None
    ) -> Fault | None:
        """Return the fault that meets this request, and count it."""
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


class _Programmed:
    """A fault and how much of it is left."""

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
