"""Records the received requests, for tests to inspect and to wait for.

Keys are recorded in plain text, so that tests can check which key arrived where. Never send a real
key to the simulator.
"""

import time
from collections.abc import Iterator, Sequence
from typing import overload

import trio

from aircherd.testing.simulator.http.wire import Request

KEEP = 10_000
"""Requests kept by default, so that a benchmark does not fill the memory."""


class Received:
    """One received request and its response.

    Attributes:
        number: counts from 1 over the simulator's life.
        connection: the number of its connection, from 1.
        vendor, endpoint: where it was routed, such as `openai` and `chat`; None if unknown.
        key: the key in the request.
        status: the status of the response; None before it is decided.
        fault: the kind of the fault that was applied.
        disconnected: set when the client closed before the response was complete.
        finished: set when nothing more will be sent, complete or not.
    """

    def __init__(self, number: int, connection: int, request: Request) -> None:
        self.number = number
        self.connection = connection
        self.request = request
        self.at = time.time()
        self.vendor: str | None = None
        self.endpoint: str | None = None
        self.key: str | None = None
        self.status: int | None = None
        self.fault: str | None = None
        self.disconnected = trio.Event()
        self.finished = trio.Event()

    def __repr__(self) -> str:
        return f"<Received {self.number}: {self.method} {self.path} -> {self.status}>"

    @property
    def method(self) -> str:
        """The method, such as `POST`."""
        return self.request.method

    @property
    def path(self) -> str:
        """The path without the query."""
        return self.request.path

    @property
    def headers(self) -> dict[str, str]:
        """The headers by lower-case name; the last one of several with the same name."""
        return {name.lower(): value for name, value in self.request.headers}

    @property
    def json(self) -> object:
        """The body as JSON, or None."""
        return self.request.json

    def as_map(self) -> dict[str, object]:
        """Return the entry as JSON-compatible data."""
        return {
            "number": self.number,
            "connection": self.connection,
            "at": self.at,
            "method": self.method,
            "path": self.path,
            "query": self.request.query,
            "headers": self.headers,
            "json": self.json,
            "vendor": self.vendor,
            "endpoint": self.endpoint,
            "key": self.key,
            "status": self.status,
            "fault": self.fault,
            "disconnected": self.disconnected.is_set(),
            "finished": self.finished.is_set(),
        }


class Journal(Sequence[Received]):
    """The received requests, oldest first; only the last `keep` are kept."""

    def __init__(self, keep: int = KEEP) -> None:
        self.total = 0
        self._keep = keep
        self._entries: list[Received] = []
        self._arrived = trio.Event()

    def __repr__(self) -> str:
        return f"<Journal {len(self)} of {self.total} requests>"

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Received]:
        return iter(self._entries)

    @overload
    def __getitem__(self, index: int) -> Received: ...
    @overload
    def __getitem__(self, index: slice) -> list[Received]: ...
    def __getitem__(self, index: int | slice) -> Received | list[Received]:
        return self._entries[index]

    def note(self, connection: int, request: Request) -> Received:
        """Record a request."""
        self.total += 1
        received = Received(self.total, connection, request)
        self._entries.append(received)
        if len(self._entries) > 2 * self._keep:  # now and then, not for every request
            del self._entries[: -self._keep]
        arrived, self._arrived = self._arrived, trio.Event()
        arrived.set()
        return received

    def clear(self) -> None:
        """Remove all entries; `total` and the numbers continue."""
        self._entries.clear()

    async def wait_for(self, total: int) -> Received:
        """Return the newest entry once `total` requests have arrived.

        Waits without a deadline: the calling test has one.
        """
        while self.total < total:
            await self._arrived.wait()
        return self._entries[-1]
