"""A task that serves one request of a session after another.

Starting a task and opening a cancel scope for every request costs more than the rest of this
package. So after its response, a task waits for the next request in the same scope. A new scope is
opened only after a cancellation.

`cancel` and `interrupt` (at the deadline) end the current request only; between requests they do
nothing.
"""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog
import trio

from aircherd.api.audit import note_refusal
from aircherd.chat.caller import Caller, Send
from aircherd.errors import AircherError
from aircherd.ipc.pace import PacedDeltas
from aircherd.ipc.request_reader import ReadyRequest
from aircherd.ipc.responses import cancelled_error, encode_error, encode_result, internal_error
from aircherd.memory.budget import TASK_COST
from aircherd.memory.request_memory import RequestMemory

if TYPE_CHECKING:
    from aircherd.ipc.session import Session

log = structlog.get_logger()


class RequestTask:
    """Serves requests, and is the context (`api.context.RequestContext`) of the current one."""

    __slots__ = ("_deadline", "_is_busy", "_is_cancelled", "_msgid", "_paced", "_request", "_scope",
                 "_session", "_task", "caller", "memory")  # fmt: skip

    def __init__(self, session: "Session", request: ReadyRequest) -> None:
        self.caller: Caller = session.caller
        self.memory = RequestMemory(session.memory)  # beside the task itself
        self._session = session
        self._request: ReadyRequest | None = request
        self._msgid = request.msgid
        self._deadline = math.inf
        self._is_busy = True
        self._is_cancelled = False
        self._paced: PacedDeltas | None = None
        self._scope: trio.CancelScope | None = None
        self._task: trio.lowlevel.Task | None = None

    # ---------------------------------------------------------- the context of a request

    @property
    def scope(self) -> "RequestTask":
        """The scope of the current request: the task itself, which has its deadline."""
        return self

    @property
    def deadline(self) -> float:
        """When the current request is cancelled, on trio's clock."""
        return self._deadline

    @deadline.setter
    def deadline(self, at: float) -> None:
        self._deadline = at
        self._session.deadlines.watch(self, at)

    @property
    def send(self) -> Send:
        """The function that sends a chat's deltas to the client."""
        session = self._session
        if not session.pace:
            return session.delta_sender("id", self._msgid)
        self.memory.grow(TASK_COST)
        self._paced = session.open_pace("id", self._msgid)
        return self._paced.send

    def keys_refused(self) -> dict[str, object] | None:
        """Return why the client cannot store keys; None if it can."""
        return self._session.keys_refused()

    # ---------------------------------------------------------- called by the session

    def cancel(self) -> None:
        """Cancel the current request, unless its response is already being sent."""
        if self._is_busy:
            self._is_cancelled = True
            if self._scope is not None:
                self._scope.cancel()

    def interrupt(self) -> None:
        """Cancel the current request at its deadline."""
        self.cancel()

    def assign(self, request: ReadyRequest) -> None:
        """Serve `request`; the task must be idle."""
        assert self._task is not None
        self._request = request
        self._msgid = request.msgid
        self._is_busy = True
        trio.lowlevel.reschedule(self._task)

    # ---------------------------------------------------------- the task

    async def run(self) -> None:
        """Serve the request and those of `assign`, until the session needs no more idle tasks."""
        has_request = True
        try:
            while has_request:
                with trio.CancelScope() as self._scope:
                    if self._is_cancelled:  # before this task started
                        self._scope.cancel()
                    while has_request:
                        await self._serve()
                        if self._is_cancelled:
                            break
                        has_request = await self._wait_for_request()
                if self._is_busy:
                    self._respond_cancelled()
                if self._is_cancelled:
                    self._is_cancelled, self._scope = False, None
                    has_request = await self._wait_for_request()
        finally:
            self._stop_watching()
            self.memory.release()
            self._session.memory.give_back(TASK_COST)

    async def _serve(self) -> None:
        """Serve the request; raises only `trio.Cancelled`."""
        assert self._request is not None
        msgid, method, params, _ = self._request
        self._request = None  # its prompt must not stay in memory while the task is idle
        session = self._session
        self.caller = session.caller
        result, failure = None, None
        try:
            result = await method.handler(session.services, self, params)
        except AircherError as error:
            note_refusal(session.services, self.caller, error)
            failure = error.without_frames()
        except Exception as error:  # the edge: one request must not end the daemon
            log.exception("request_crashed")
            failure = internal_error(error)
        self._stop_watching()
        self._end_pace()
        # Responses wait for room, or thousands of them would pile up in memory.
        if session.outbox.is_behind and not self._is_cancelled:
            await session.outbox.wait_for_room()
        if failure is None:
            response = encode_result(msgid, result, self.memory)
        else:
            response = encode_error(msgid, failure)
        if method.may_quote:
            response = session.services.mask_keys(response)
        if self.memory.size:
            self.memory.release()
        session.respond(msgid, response)

    def _respond_cancelled(self) -> None:
        self._stop_watching()
        self._end_pace()
        self.memory.release()
        error = cancelled_error(is_draining=self._session.is_draining)
        self._session.respond(self._msgid, encode_error(self._msgid, error))

    def _stop_watching(self) -> None:
        """Mark the request as answered: nothing cancels it any more."""
        self._is_busy = False
        if self._deadline != math.inf:
            self._session.deadlines.forget(self)
            self._deadline = math.inf

    def _end_pace(self) -> None:
        """Send the deltas that wait: nothing comes after the response."""
        if self._paced is not None:
            self._paced.close()
            self._paced = None

    async def _wait_for_request(self) -> bool:
        """Wait for the next request; return False if the session has enough idle tasks.

        No deadline: a client may be idle for days. The end of the session cancels the wait.
        """
        if not self._session.keep_idle(self):
            return False
        self._task = trio.lowlevel.current_task()
        await trio.lowlevel.wait_task_rescheduled(self._abort)
        return True

    def _abort(self, _raise_cancel: Callable[[], object]) -> trio.lowlevel.Abort:
        self._session.forget_idle(self)
        return trio.lowlevel.Abort.SUCCEEDED

    def __repr__(self) -> str:
        state = f"request {self._msgid}" if self._is_busy else "idle"
        return f"<RequestTask {state}>"
