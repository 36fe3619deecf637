"""The context of one request, passed to the vendor's module.

Ids are counters instead of random, so that two runs of a test see the same bytes.
"""

from typing import Any

import msgspec

from aircherd.testing.simulator.behaviour import Behaviour
from aircherd.testing.simulator.http.wire import Request


class Context(msgspec.Struct):
    """One request to a vendor. `now` is a Unix time in seconds; `number` counts requests.

    `streaming` is False if a fault makes the server ignore `stream`.
    """

    vendor: str
    request: Request
    behaviour: Behaviour
    number: int
    now: float
    key: str | None = None
    streaming: bool = True

    @property
    def body(self) -> Any:  # JSON of any shape, checked by the vendor's rules
        """The request's JSON, or None."""
        return self.request.json

    @property
    def error_format(self) -> str:
        """The error format: the vendor's name, except for vendors with several APIs."""
        if self.vendor == "openai" and self.request.path.endswith("/responses"):
            return "openai_responses"
        compatible = "/v1/" in self.request.path
        return "ollama_native" if self.vendor == "ollama" and not compatible else self.vendor

    def wants_stream(self) -> bool:
        """Whether to answer with a stream."""
        return self.streaming and bool(self.body.get("stream"))

    def make_id(self, prefix: str, width: int, part: int = 0) -> str:
        """Return an id of `width` digits after its prefix; `part` distinguishes several."""
        return f"{prefix}{self.number * 1000 + part:0{width}d}"

    @property
    def request_id(self) -> str:
        """The id the vendor puts in a header, and Anthropic in its error bodies too."""
        return self.make_id("req_011" if self.vendor == "anthropic" else "req_", 21)
