"""A chat that was started with `chat.start`: it streams under its own number."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import msgspec
import structlog
import trio

from aircher_wire import methods
from aircherd.api.audit import note_refusal
from aircherd.api.context import RequestContext
from aircherd.chat.caller import Caller, Send
from aircherd.errors import AircherError
from aircherd.ipc.responses import cancelled_error, internal_error, wire_error
from aircherd.memory.request_memory import RequestMemory

if TYPE_CHECKING:
    from aircherd.ipc.session import Session

log = structlog.get_logger()

Handler = Callable[[RequestContext], Awaitable[object]]


class ChatStream:
    """Runs a handler, and is its context (`api.context.RequestContext`)."""

    __slots__ = ("_number", "_paced", "_session", "caller", "memory", "msgid", "scope", "send")

    def __init__(self, session: "Session", number: int, msgid: int, memory: RequestMemory) -> None:
        self.msgid = msgid
        """The number of the request that started it, which cancels it, too."""
        self.memory = memory
        self._session = session
        self._number = number
        self.caller: Caller = session.caller
        self.scope = trio.CancelScope()
        self._paced = session.open_pace("stream", number) if session.pace else None
        self.send: Send = (
            self._paced.send if self._paced else session.delta_sender("stream", number)
        )

    def keys_refused(self) -> dict[str, object] | None:
        """Return why the client cannot store keys; None if it can."""
        return self._session.keys_refused()

    async def run(self, handler: Handler) -> None:
        """Run `handler`, then send its result or error as `chat.done`."""
        session = self._session
        try:
            result, error = await self._run(handler)
            if self._paced is not None:
                self._paced.close()
            await session.outbox.wait_for_room()
            params: dict[str, object] = {"stream": self._number}
            if error is None:
                params["result"] = msgspec.to_builtins(result)
            else:
                params["error"] = wire_error(error)
            session.notify(methods.CHAT_DONE, params)
        finally:
            self.memory.release()
            session.forget_stream(self._number)

    async def _run(self, handler: Handler) -> tuple[object, AircherError | None]:
        error: AircherError | None = None
        result: object = None
        with self.scope:
            try:
                result = await handler(self)
            except AircherError as failure:
                note_refusal(self._session.services, self.caller, failure)
                error = failure.without_frames()
            except Exception as failure:  # the edge: one stream must not end the daemon
                log.exception("request_crashed")
                error = internal_error(failure)
        if self.scope.cancelled_caught:
            error = cancelled_error(is_draining=self._session.is_draining)
        return result, error

    def __repr__(self) -> str:
        return f"<ChatStream {self._number} of {self.caller.client}>"
