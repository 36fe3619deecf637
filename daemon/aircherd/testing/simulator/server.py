"""The simulator's server: accepts connections and answers each request as its vendor would.

On failure: data that is not HTTP is answered with 400 and the connection is closed; a request of an
unexpected shape gets the vendor's `bad_request`; a client that disconnects ends its own response,
and the journal records it. Any other exception is a bug and stops the simulator.
"""

import itertools
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import trio
import trio.abc

from aircherd.testing.simulator import control
from aircherd.testing.simulator.answering import plan_answer
from aircherd.testing.simulator.behaviour import Behaviour
from aircherd.testing.simulator.faults import Faults
from aircherd.testing.simulator.http.connection import ClientGone, Connection
from aircherd.testing.simulator.http.response_plan import plan_response
from aircherd.testing.simulator.http.wire import BadHttp, Request, encode_head
from aircherd.testing.simulator.journal import KEEP, Journal
from aircherd.testing.simulator.keys import AcceptedKeys
from aircherd.testing.simulator.reply import Whole
from aircherd.testing.simulator.settings import Settings
from aircherd.testing.simulator.vendors import BASE_PATHS


class Simulator:
    """A running simulator. `keys`, `faults` and `behave` can be used at any time.

    `requests` is the journal; `url` has no trailing slash; `base_url` is the URL that a client of
    one vendor is configured with.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float]) -> None:
        self.url = ""
        self._settings = settings
        self._clock = clock
        self._connections = itertools.count(1)
        self._open = 0

    def __repr__(self) -> str:
        return f"<Simulator {self.url} open={self._open} {self.requests!r} {self.faults!r}>"

    @property
    def keys(self) -> AcceptedKeys:
        """The accepted keys."""
        return self._settings.keys

    @property
    def faults(self) -> Faults:
        """The faults to apply."""
        return self._settings.faults

    @property
    def requests(self) -> Journal:
        """The received requests."""
        return self._settings.journal

    @property
    def behaviour(self) -> Behaviour:
        """How the models answer; `behave` changes it."""
        return self._settings.behaviour

    @property
    def open_connections(self) -> int:
        """The number of connected clients."""
        return self._open

    def behave(self, **changes: object) -> None:
        """Change some fields of the behaviour.

        Raises:
            msgspec.ValidationError: a field is unknown or its value is wrong.
        """
        self._settings.change_behaviour(control.change_behaviour(self.behaviour, changes))

    def base_url(self, vendor: str) -> str:
        """Return the base URL in the form that the vendor's SDK expects."""
        return self.url + BASE_PATHS[vendor]

    def number_connection(self) -> int:
        """Return the number of a new connection, from 1."""
        return next(self._connections)

    async def serve_connection(self, connection: Connection) -> None:
        """Serve one client until it disconnects, or until a fault closes its connection."""
        self._open += 1
        try:
            while (request := await connection.receive_request()) is not None:
                if not await self._serve_request(connection, request):
                    return
        except BadHttp as error:
            await _refuse_bytes(connection, error)
        finally:
            self._open -= 1
            await connection.aclose()

    async def _serve_request(self, connection: Connection, request: Request) -> bool:
        """Answer one request; return whether the connection stays open."""
        if (reply := self._answer_control(request)) is not None:
            plan = plan_response(reply, Behaviour(), None, keep=request.keep_alive)
            return await _is_delivered(connection.execute(plan)) and plan.ending == "keep"
        received = self.requests.note(connection.number, request)
        plan = plan_answer(received, self._settings, self._clock())
        try:
            await connection.execute(plan)
        except ClientGone:
            received.disconnected.set()
            return False
        finally:
            received.finished.set()
        return plan.ending == "keep"

    def _answer_control(self, request: Request) -> Whole | None:
        if request.path == control.CONTROL_PATH:
            return control.answer_control(request, self._settings)
        if request.path == control.JOURNAL_PATH:
            return control.answer_journal(request, self.requests)
        return None


@asynccontextmanager
async def open_simulator(
    *,
    accept: Mapping[str, str] | None = None,
    behaviour: Behaviour | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    shared_paths: str = "openai",
    tls: ssl.SSLContext | None = None,
    clock: Callable[[], float] = time.time,
    keep: int = KEEP,
) -> AsyncIterator[Simulator]:
    """Serve on loopback while the context lasts; leaving it closes every connection.

    Args:
        accept: vendor -> an accepted key; `Simulator.keys` can add more.
        behaviour: how the models answer.
        host: the address to bind.
        port: 0 takes a free one.
        shared_paths: `openai` or `ollama`: which of them serves a path that both have.
        tls: a server context with a certificate, for https.
        clock: returns the Unix time, for headers with a time.
        keep: how many requests the journal keeps.

    Raises:
        OSError: the port is taken.
    """
    settings = Settings(
        AcceptedKeys(), Faults(), Journal(keep), behaviour or Behaviour(), shared_paths
    )
    for vendor, key in (accept or {}).items():
        settings.keys.accept(vendor, key)
    simulator = Simulator(settings, clock)
    try:
        async with _open_server(simulator, host, port, tls):
            yield simulator
    except BaseExceptionGroup as group:
        # Unwrap an exception from the caller's own block.
        if len(group.exceptions) == 1:
            raise group.exceptions[0] from None
        raise


@asynccontextmanager
async def _open_server(
    simulator: Simulator, host: str, port: int, tls: ssl.SSLContext | None
) -> AsyncIterator[None]:
    async def serve_client(raw: trio.SocketStream) -> None:
        stream = raw if tls is None else _wrap_tls(raw, tls)
        await simulator.serve_connection(Connection(simulator.number_connection(), stream, raw))

    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(port, host=host)
        bound = listeners[0].socket.getsockname()[1]
        simulator.url = f"{'http' if tls is None else 'https'}://{host}:{bound}"
        await nursery.start(trio.serve_listeners, serve_client, listeners)
        try:
            yield
        finally:
            nursery.cancel_scope.cancel()


def _wrap_tls(raw: trio.SocketStream, tls: ssl.SSLContext) -> trio.abc.Stream:
    return trio.SSLStream(raw, tls, server_side=True, https_compatible=True)


async def _refuse_bytes(connection: Connection, error: BadHttp) -> None:
    body = f"{error}\n".encode()
    framing = [("content-length", str(len(body))), ("connection", "close")]
    head = encode_head(400, [("content-type", "text/plain"), *framing])
    await _is_delivered(connection.send(head + body))


async def _is_delivered(sending: Awaitable[None]) -> bool:
    """Return whether everything was sent before the client disconnected."""
    try:
        await sending
    except ClientGone:
        return False
    return True
