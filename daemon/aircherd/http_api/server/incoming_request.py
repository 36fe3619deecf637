"""A request that is coming in, or has come, and what was found out about it."""

from collections.abc import Mapping

from aircherd.http_api.call import Headers
from aircherd.http_api.server.body import IncomingBody
from aircherd.http_api.server.http_client import HttpClient
from aircherd.http_api.server.refusal import Refusal
from aircherd.http_api.server.router import Match


class IncomingRequest:
    """One request.

    From its head:

    - `target`: path and query as they were sent.
    - `headers`: names in lower case; equal ones joined.

    From those who decide about it:

    - `path`, `query`, `raw_query`: decoded, and without a key.
    - `client`, `match`: None if it is refused; `match` also for what the server answers itself.
    - `extra`: headers of every answer to it.
    - `body`: None until it was accepted; what else arrives is dropped.
    - `refusal`: why it is answered with an error.
    """

    __slots__ = (
        "body",
        "client",
        "expects_continue",
        "extra",
        "headers",
        "is_http10",
        "keeps_alive",
        "match",
        "method",
        "path",
        "query",
        "raw_query",
        "refusal",
        "target",
        "wants_upgrade",
    )

    def __init__(self) -> None:
        self.method = ""
        self.target = b""
        self.headers: dict[str, str] = {}
        self.is_http10 = False
        self.keeps_alive = True
        self.expects_continue = False
        self.wants_upgrade = False
        self.path = ""
        self.query: Mapping[str, str] = {}
        self.raw_query = ""
        self.client: HttpClient | None = None
        self.match: Match | None = None
        self.extra: Headers = ()
        self.body: IncomingBody | None = None
        self.refusal: Refusal | None = None

    def close(self) -> None:
        """Drop its body, and give back what it holds."""
        if self.body is not None:
            self.body.close()

    def __repr__(self) -> str:
        return f"<IncomingRequest {self.method} {self.path}>"
