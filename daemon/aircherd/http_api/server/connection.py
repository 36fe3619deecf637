"""One connection of an HTTP client: a task that reads, and one that answers a request at a time.

The reader never stops, so that it notices a client that left: its request is cancelled, and with it
the call of the provider. That is so for a client that only shut down its sending side, too: none
that waits for an answer does so. Pipelined requests wait in the parser, which bounds them.

On failure: a request that is refused is answered in the dialect of its path, and the connection
ends if what follows cannot be trusted; an operation that crashes is logged and answered with 500,
or cut off once its answer has begun, so that the client knows.
"""

import math
import socket
from contextlib import suppress
from typing import NamedTuple

import structlog
import trio

from aircherd.access.peer import Peer
from aircherd.api.services import Services
from aircherd.errors import Busy
from aircherd.http_api.call import ApiCall
from aircherd.http_api.operations.known_tools import final_answer, reworded, tool_of
from aircherd.http_api.server.admission import Admitter, shutting_down
from aircherd.http_api.server.backend import Backend
from aircherd.http_api.server.body import IncomingBody, busy, check_coding, decompress
from aircherd.http_api.server.bounds import (
    BODY_RATE,
    BODY_SECONDS,
    HEAD_SECONDS,
    IDLE_SECONDS,
    LINGER_SECONDS,
    WRITE_SECONDS,
)
from aircherd.http_api.server.guard import NOT_FOR_DIALECTS, preflight, unauthorized
from aircherd.http_api.server.http_client import ClientTable, HttpClient, RequestClient
from aircherd.http_api.server.incoming_request import IncomingRequest
from aircherd.http_api.server.refusal import Refusal
from aircherd.http_api.server.request_parser import RequestParser
from aircherd.http_api.server.response import CONTINUE, HttpResponse
from aircherd.http_api.tokens.token import TokenClient
from aircherd.memory.budget import SMALL, TASK_COST
from aircherd.sharing.share import Share, share_of_task
from aircherd.sharing.turns import turns
from aircherd.sockets.client_stream import ClientStream

WRITE_SIZE = 256 * 1024
"""Bytes that are written between two looks at whether the client reads at all."""
ROOT = b"aircher is running\n"
ENDED = "the token has ended: it was revoked, it expired, or its tool has ended"

log = structlog.get_logger()


class House(NamedTuple):
    """What all connections of the daemon have in common."""

    services: Services
    clients: ClientTable
    backend: Backend


class Connection:
    """One connection.

    `is_stranger` until a request has a token; none is at the private socket.
    `deadline` is when it is ended, or its request refused, on trio's clock: `check` does it.
    `since` is when it began to wait for what it waits for.
    """

    def __init__(
        self, stream: trio.SocketStream, house: House, admitter: Admitter, peer: Peer
    ) -> None:
        self.is_draining = False
        self.is_answering = False
        self.is_stranger = admitter.port is not None
        self.since = trio.current_time()
        self.deadline = self.since + IDLE_SECONDS
        self._services, self._clients, self._backend = house
        self._admitter = admitter
        self._peer = peer
        self._stream = stream
        self._client_stream = ClientStream(stream)
        self._parser = RequestParser(self._admit)
        self._known: dict[TokenClient | None, HttpClient] = {}
        self._share = Share()
        self._turns = turns()
        self._scope: trio.CancelScope | None = None
        self._waiting: trio.lowlevel.Task | None = None
        self._awaited: object = None
        self._is_writing = False
        self._is_broken = False
        self._written = trio.lowlevel.ParkingLot()
        self._is_closing = False
        self._has_left = False

    @property
    def is_busy(self) -> bool:
        """Whether a request is under way, or coming in."""
        parser = self._parser
        return self.is_answering or parser.current is not None or bool(parser.ready)

    # ---------------------------------------------------------- the connection

    async def serve(self) -> None:
        """Serve the client until it leaves or is made to; the caller owns the stream."""
        share_of_task.set(self._share)
        try:
            async with trio.open_nursery() as nursery:
                self._scope = nursery.cancel_scope
                nursery.start_soon(self._answer_all)
                await self._read_all()
                nursery.cancel_scope.cancel()
        finally:
            self._parser.close()
            for client in self._known.values():
                self._clients.leave(client)

    def cancel(self) -> None:
        """End the connection, with what is under way."""
        if self._scope is not None:
            self._scope.cancel()

    def drain(self) -> None:
        """Refuse new requests, and end with the one that is under way."""
        self.is_draining = True
        if not self.is_busy:
            self.cancel()

    def check(self, now: float) -> None:
        """Do what is due at `deadline`: the client was idle, or too slow, for too long."""
        if now < self.deadline:
            return
        current = self._parser.current
        if self._is_writing:
            log.warning("http_client_reads_nothing", client=self._name())
            self.cancel()
        elif self._is_closing or current is None:
            self.cancel()
        elif current.body is None:
            self._refuse_late(f"the head took more than {HEAD_SECONDS:g} s")
        else:
            # What came since then earns more time.
            self.deadline = self.since + BODY_SECONDS + current.body.size / BODY_RATE
            if now >= self.deadline:
                self._refuse_late("the body comes too slowly")

    def _refuse_late(self, message: str) -> None:
        self.deadline = math.inf
        self._parser.refuse(Refusal(408, message, code="timeout", closes=True))
        self._wake()

    def _name(self) -> str | None:
        return next((client.caller.client for client in self._known.values()), None)

    # ---------------------------------------------------------- reading

    async def _read_all(self) -> None:
        client, parser, turns = self._client_stream, self._parser, self._turns
        watcher = self._services.watcher
        try:
            while data := await client.receive_some():
                if parser.is_over:
                    continue  # until the client has read why
                if not watcher.is_attentive:
                    # After a quiet time: files may have changed that the request depends on.
                    await watcher.catch_up()
                if not turns.is_open:
                    await turns.enter(self._share, first=True)
                parser.feed(data)
                if parser.ready:
                    self._wake()
                elif not self.is_answering:
                    self._await_more()
        except trio.BrokenResourceError:
            pass
        self._has_left = True

    def _await_more(self) -> None:
        """Set the time for what is to come: a request, its head, or its body."""
        current = self._parser.current
        awaited = None if current is None else current.body or current
        if awaited is not None and awaited is self._awaited:
            return
        self._awaited = awaited
        self.since = now = trio.current_time()
        if current is None:
            self.deadline = now + IDLE_SECONDS
        else:
            self.deadline = now + (HEAD_SECONDS if current.body is None else BODY_SECONDS)

    def _admit(self, request: IncomingRequest) -> None:
        """Decide about a request whose head is complete; called by the parser.

        Raises:
            Refusal: it may not come in, or there is nothing for it.
        """
        token = self._admitter.admit(request, self._peer)
        if token is not None:
            self.is_stranger = False
        if self.is_draining:
            raise shutting_down()
        if request.match is not None:
            self._take_in(request, token)
        elif self.is_stranger:
            request.keeps_alive = False
        if request.expects_continue and not self.is_answering and not self._parser.ready:
            self._client_stream.send_now(CONTINUE)

    def _take_in(self, request: IncomingRequest, token: TokenClient | None) -> None:
        """Know the client of a request from now on, and take its body."""
        client = self._known.get(token)
        if client is None:
            agent = request.headers.get("user-agent")
            client = self._known[token] = self._clients.enter(agent, self._peer, token)
            share_of_task.set(client.share)
            self._share = client.share
        request.client = client
        request.body = IncomingBody(client.memory)

    def _wake(self) -> None:
        """Let the task that answers go on, if it waits."""
        if (task := self._waiting) is not None:
            self._waiting = None
            trio.lowlevel.reschedule(task)

    # ---------------------------------------------------------- answering

    async def _answer_all(self) -> None:
        ready = self._parser.ready
        while True:
            if not ready:
                self.is_answering = False
                if self.is_draining and self._parser.current is None:
                    break
                self._await_more()
                self._waiting = trio.lowlevel.current_task()
                await trio.lowlevel.wait_task_rescheduled(self._abort)
            self.is_answering, self._awaited, self.deadline = True, None, math.inf
            request = ready.popleft()
            try:
                if not await self._answer(request):
                    break
            except trio.BrokenResourceError:
                break
        if self._parser.is_over and not self._has_left:
            await self._linger()
        self.cancel()

    def _abort(self, _raise_cancel: object) -> trio.lowlevel.Abort:
        self._waiting = None
        return trio.lowlevel.Abort.SUCCEEDED

    async def _linger(self) -> None:
        """Let the client read why it was refused: unread data would make a reset of the close."""
        self._is_closing = True
        self.deadline = trio.current_time() + LINGER_SECONDS
        with suppress(OSError):
            self._stream.socket.shutdown(socket.SHUT_WR)
        # The reader ends at the end of what the client sends, or `check` ends both.
        await trio.sleep_forever()

    async def _answer(self, request: IncomingRequest) -> bool:
        """Answer a request; return whether the connection can carry another one."""
        response = HttpResponse(
            self,
            is_head=request.method == "HEAD",
            is_http10=request.is_http10,
            keeps_alive=request.keeps_alive,
        )
        response.extra = request.extra
        try:
            if request.refusal is not None:
                await self._refuse(request, request.refusal, response)
            elif request.match is None:
                await _answer_plainly(request, response)
            else:
                await self._perform(request, response)
        except Refusal as refusal:
            await self._refuse(request, refusal, response)
        except trio.Cancelled:
            if not response.has_started and not self._has_left:
                self._say_last(request, response)
            raise
        except trio.BrokenResourceError:
            raise
        except Exception:  # the edge: one request must not end the others
            log.exception("http_request_crashed", client=self._name(), path=request.path)
        finally:
            request.close()
        if not response.is_ended:
            if response.has_started:
                return False  # cut off: the client knows that something is missing
            await self._refuse(request, _internal(), response)
        return response.keeps_alive and not self.is_draining

    async def _perform(self, request: IncomingRequest, response: HttpResponse) -> None:
        """Do what a request asks for; it ends with its token."""
        client, scope = request.client, self._scope
        assert client is not None
        assert scope is not None
        share_of_task.set(client.share)
        if not self._turns.is_open:
            await self._turns.enter(client.share)
        token = client.token
        if token is None:
            await self._carry_out(request, client, response)
            return
        token.running.add(scope)
        try:
            if not token.is_alive:  # since its head came
                scope.cancel()
            await self._carry_out(request, client, response)
        finally:
            token.running.discard(scope)

    async def _carry_out(
        self, request: IncomingRequest, client: HttpClient, response: HttpResponse
    ) -> None:
        match, body = request.match, request.body
        assert match is not None
        assert body is not None
        memory = body.memory
        try:
            memory.grow(TASK_COST)
        except Busy as error:
            raise busy(error.message) from None
        headers = request.headers
        data = body.take()
        if coding := headers.get("content-encoding"):
            data = await decompress(data, check_coding(coding), memory)
        call = ApiCall(
            method="GET" if request.method == "HEAD" else request.method,
            path=request.path,
            params=match.params,
            query=request.query,
            raw_query=request.raw_query,
            headers={name: headers[name] for name in headers if name not in NOT_FOR_DIALECTS},
            body=data,
        )
        del data
        known = RequestClient(client, client.caller_for(headers), memory)
        if self.is_draining:
            response.keeps_alive = False
        perform = self._backend.perform
        await perform(self._services, known, match.dialect, match.route, call, response)

    async def _refuse(
        self, request: IncomingRequest, refusal: Refusal, response: HttpResponse
    ) -> None:
        if refusal.closes:
            response.keeps_alive = False
        status, headers, body = self._error(request, refusal)
        await response.whole(status, headers, body)

    def _error(
        self, request: IncomingRequest, refusal: Refusal
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Return the status, headers and body of an error in the dialect of the path."""
        tool = tool_of(self._name(), request.headers.get("user-agent"))
        problem = reworded(refusal.problem, tool)
        # What is refused before it is admitted has no path yet.
        path = request.path or request.target.partition(b"?")[0].decode("latin-1")
        dialect = self._backend.router.error_dialect(path, request.headers, request.query)
        _, body = dialect.error(problem)
        status, body = final_answer(problem, tool, problem.status, body)
        headers = [
            ("content-type", "application/json"),
            ("x-should-retry", "true" if problem.may_retry else "false"),
            *refusal.headers,
        ]
        if problem.retry_after is not None:
            headers.append(("retry-after", f"{math.ceil(problem.retry_after)}"))
        return status, headers, body

    def _say_last(self, request: IncomingRequest, response: HttpResponse) -> None:
        """Say why nothing comes any more, as far as that takes no waiting."""
        response.keeps_alive = False
        token = request.client.token if request.client is not None else None
        is_alive = token is None or token.is_alive
        refusal = shutting_down() if is_alive else unauthorized(ENDED)
        self._client_stream.send_now(response.encode_whole(*self._error(request, refusal)))

    # ---------------------------------------------------------- writing

    async def write(self, data: bytes) -> None:
        """Write all of it: most often at once, else as the client reads.

        Raises:
            trio.BrokenResourceError: the client is gone, or an earlier write was cancelled.
        """
        while self._is_writing:  # a keep-alive of another task
            await self._written.park()
        if self._is_broken:
            raise trio.BrokenResourceError
        sent = self._client_stream.send_now(data)
        if sent < len(data):
            await self._write_rest(memoryview(data)[sent:])

    async def _write_rest(self, rest: memoryview) -> None:
        counted = len(rest) if len(rest) > SMALL else 0
        share = next(iter(self._known.values())).memory if self._known else None
        self._is_writing = self._is_broken = True
        if share is not None:
            share.hold(counted)
        try:
            while rest:
                self.deadline = trio.current_time() + WRITE_SECONDS
                await self._client_stream.send_all(bytes(rest[:WRITE_SIZE]))
                rest = rest[WRITE_SIZE:]
            self._is_broken = False
        finally:
            if share is not None:
                share.give_back(counted)
            self._is_writing = False
            self.deadline = math.inf
            self._written.unpark_all()

    def __repr__(self) -> str:
        state = "answers" if self.is_answering else "receives" if self.is_busy else "is idle"
        return f"<Connection of {self._name()}, {state}>"


async def _answer_plainly(request: IncomingRequest, response: HttpResponse) -> None:
    """Answer what anyone may ask: the client stays unknown, and its body was not kept."""
    if request.method == "OPTIONS":
        await response.whole(204, preflight(request.headers), b"")
    else:
        await response.whole(200, (("content-type", "text/plain"),), ROOT)


def _internal() -> Refusal:
    return Refusal(
        500,
        "aircher failed: a mistake in it, which its log describes",
        kind="internal",
        code="internal",
        closes=True,
    )
