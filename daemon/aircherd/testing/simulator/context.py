"""What a vendor's module is given to answer one request, and the ids it makes for it.

Ids count up with the requests instead of being random: two runs of a test see the same bytes.
"""

from typing import Any

import msgspec

from aircherd.testing.simulator.http.wire import Request
from aircherd.testing.simulator.manner import Manner


class Context(msgspec.Struct):
    """One request under its vendor. `now` is a Unix time in seconds; `number` counts requests.

    `streaming` is False where a fault makes the server ignore the wish for a stream.
    """

    vendor: str
    request: Request
    manner: Manner
    number: int
    now: float
    key: str | None = None
    streaming: bool = True

    @property
    def body(self) -> Any:  # JSON of any shape, checked by the vendor's rules
        """The request's JSON, or None."""
        return self.request.json

    @property
    def error_form(self) -> str:
        """Whose form an error has: the vendor's, but for those with several APIs."""
        if self.vendor == "openai" and self.request.path.endswith("/responses"):
            return "openai_responses"
        compatible = "/v1/" in self.request.path
        return "ollama_native" if self.vendor == "ollama" and not compatible else self.vendor

    def wants_stream(self) -> bool:
        """Whether to answer with a stream."""
        return self.streaming and bool(self.body.get("stream"))

    def make_id(self, prefix: str, width: int, part: int = 0) -> str:
        """Return an id of `width` digits after its prefix; `part` tells several apart."""
        return f"{prefix}{self.number * 1000 + part:0{width}d}"

    @property
    def request_id(self) -> str:
        """The id the vendor puts in a header, and Anthropic in its error bodies too."""
        return self.make_id("req_011" if self.vendor == "anthropic" else "req_", 21)
