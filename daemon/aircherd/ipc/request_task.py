"""A task that serves one request after another of a session.

Starting a task and opening a scope for every request cost more than the rest of this package. So a
task that has answered waits for the next request, in the scope that it has. Only a request that was
cancelled leaves its scope, and the next one gets a new one.

`cancel` and `interrupt` (at the deadline) end the request under way and nothing else: between
requests they do nothing.
"""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog
import trio

from aircherd.chat.caller import Caller, Send
from aircherd.errors import AircherError
from aircherd.ipc.answers import cancelled, encode_error, encode_result, internal_error
from aircherd.ipc.request_reader import ReadyRequest

if TYPE_CHECKING:
    from aircherd.ipc.session import Session

log = structlog.get_logger()


class RequestTask:
    """Serves requests, and is the context (`api.context.RequestContext`) of the one under way."""

    __slots__ = ("_deadline", "_is_busy", "_is_cancelled", "_msgid", "_next", "_scope", "_session",
                 "_task", "caller")  # fmt: skip

    def __init__(self, session: "Session") -> None:
        self.caller: Caller = session.caller
        self._session = session
        self._msgid = 0
        self._deadline = math.inf
        self._is_busy = False
        self._is_cancelled = False
        self._next: ReadyRequest | None = None
        self._scope: trio.CancelScope | None = None
        self._task: trio.lowlevel.Task | None = None

    # ---------------------------------------------------------- the request's context

    @property
    def scope(self) -> "RequestTask":
        """The scope of the request under way: this task has its deadline."""
        return self

    @property
    def deadline(self) -> float:
        """When the request under way is cancelled, on trio's clock."""
        return self._deadline

    @deadline.setter
    def deadline(self, at: float) -> None:
        self._deadline = at
        self._session.deadlines.watch(self, at)

    @property
    def send(self) -> Send:
        """What takes a chat's deltas to the client."""
        return self._session.delta_sender("id", self._msgid)

    # ---------------------------------------------------------- from outside

    def cancel(self) -> None:
        """End the request under way; one that is being answered already is answered."""
        if self._is_busy and self._scope is not None:
            self._is_cancelled = True
            self._scope.cancel()

    def interrupt(self) -> None:
        """End the request under way: its deadline has passed."""
        self.cancel()

    def give(self, request: ReadyRequest) -> None:
        """Serve `request`: the task is one that waits for it."""
        assert self._task is not None
        self._next = request
        trio.lowlevel.reschedule(self._task)

    # ---------------------------------------------------------- the task

    async def run(self, request: ReadyRequest | None) -> None:
        """Serve `request` and then what `give` brings, until the session needs no more tasks."""
        while request is not None:
            with trio.CancelScope() as self._scope:
                while request is not None:
                    await self.serve(request)
                    request = None if self._is_cancelled else await self._wait_for_request()
            if self._is_busy:
                self._answer_cancelled()
            if self._is_cancelled:
                self._is_cancelled = False
                request = await self._wait_for_request()

    async def serve(self, request: ReadyRequest) -> None:
        """Answer `request`; raises nothing but `trio.Cancelled`."""
        self._msgid, method, params = request
        session = self._session
        self.caller = session.caller
        self._is_busy = True
        try:
            result = await method.handler(session.services, self, params)
        except AircherError as error:
            answer = encode_error(self._msgid, error)
        except Exception as error:  # the edge: one request must not end the daemon
            log.exception("request_crashed")
            answer = encode_error(self._msgid, internal_error(error))
        else:
            answer = encode_result(self._msgid, result)
        self._stop_watching()
        # Answers wait for room, or thousands of them would wait in memory.
        if session.is_full and not self._is_cancelled:
            await session.wait_for_room()
        session.answer(self._msgid, answer)

    def _answer_cancelled(self) -> None:
        self._stop_watching()
        error = cancelled(is_draining=self._session.is_draining)
        self._session.answer(self._msgid, encode_error(self._msgid, error))

    def _stop_watching(self) -> None:
        """From here on nothing cancels the request: it has its answer."""
        self._is_busy = False
        if self._deadline != math.inf:
            self._session.deadlines.forget(self)
            self._deadline = math.inf

    async def _wait_for_request(self) -> ReadyRequest | None:
        """Wait without a deadline: a client may be silent for days, and its session ends this."""
        if not self._session.keep_idle(self):
            return None
        self._task = trio.lowlevel.current_task()
        await trio.lowlevel.wait_task_rescheduled(self._abort)
        return self._next

    def _abort(self, _raise_cancel: Callable[[], object]) -> trio.lowlevel.Abort:
        self._session.forget_idle(self)
        return trio.lowlevel.Abort.SUCCEEDED

    def __repr__(self) -> str:
        state = f"request {self._msgid}" if self._is_busy else "idle"
        return f"<RequestTask {state}>"
