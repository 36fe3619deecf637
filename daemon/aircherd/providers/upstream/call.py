"""One chat that another daemon answers, as a `ChatCall`."""

from typing import Final

import trio

from aircherd.errors import ProviderFailed, fail
from aircherd.memory.request_memory import RequestMemory
from aircherd.providers.health.call_report import CallReport
from aircherd.providers.streaming_call import MAX_BATCH, StallTimeouts
from aircherd.providers.transport.request import OnSent
from aircherd.providers.upstream.errors import failure_of
from aircherd.providers.upstream.link import LinkedCall
from aircherd.providers.upstream.links import Links, UpstreamChat
from aircherd.providers.upstream.reply import event_of, events_of_result
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import AttemptDelta, Ending, ReplyEvent

MAX_NOTES: Final = 100
"""News of attempts there that one reply may have: they renew its deadline."""


class UpstreamCall:
    """A chat under way at the daemon that is `provider` here.

    Args:
        call: over the link, which it closes.
        provider: the name that the daemon has here.
        path: of its socket, for messages.
        report: where it reports how it went.
        stall: how long it may say nothing of its reply.
        streamed: whether deltas were asked for.
        now: the Unix time, for what the daemon says about later.
    """

    __slots__ = (
        "_call",
        "_has_begun",
        "_has_ended",
        "_notes",
        "_now",
        "_path",
        "_provider",
        "_report",
        "_stall",
        "_streamed",
        "_timeout",
    )

    def __init__(
        self,
        call: LinkedCall,
        *,
        provider: str,
        path: str,
        report: CallReport,
        stall: StallTimeouts,
        streamed: bool,
        now: float,
    ) -> None:
        self._call = call
        self._provider = provider
        self._path = path
        self._report = report
        self._stall = stall
        self._timeout = stall.first
        self._streamed = streamed
        self._now = now
        self._notes = 0
        self._has_begun = False
        self._has_ended = False

    async def receive(self) -> list[ReplyEvent]:
        """Wait for the next events; see `ChatCall`."""
        if self._has_ended:
            return []
        events: list[ReplyEvent] = []
        try:
            with trio.move_on_after(self._timeout):
                events = await self._receive_events()
            if not events:
                fail(
                    FailureClass.TIMEOUT,
                    f"the daemon at {self._path} sent nothing of its reply for {self._timeout:g} s",
                )
        except ProviderFailed as error:
            raise self._report.translate(error) from None
        if not self._has_begun and type(events[0]) is not AttemptDelta:
            self._has_begun = True
            self._report.ok()
        if type(events[-1]) is Ending:
            self._report.whole()
        return events

    async def _receive_events(self) -> list[ReplyEvent]:
        while not (events := await self._receive_some()):
            pass
        return events

    async def _receive_some(self) -> list[ReplyEvent]:
        deltas = await self._call.unread.take(MAX_BATCH)
        if not deltas:
            return self._read_result()
        events = []
        for delta in deltas:
            event = event_of(delta, self._provider)
            if event is None:
                continue
            if type(event) is not AttemptDelta:
                self._timeout = self._stall.later
            elif self._notes < MAX_NOTES:
                self._notes += 1
            else:
                continue
            events.append(event)
        return events

    def _read_result(self) -> list[ReplyEvent]:
        response = self._call.unread.take_response()
        if response.error is not None:
            raise ProviderFailed(failure_of(response.error, self._path, self._now))
        events = events_of_result(response.result, self._provider, streamed=self._streamed)
        self._has_ended = True
        return events

    async def aclose(self) -> None:
        """End the call: the other daemon cancels it at once. Idempotent."""
        self._call.close()

    def __repr__(self) -> str:
        return f"<UpstreamCall of {self._provider} {'ended' if self._has_ended else 'open'}>"


async def open_call(
    links: Links,
    chat: UpstreamChat,
    report: CallReport,
    *,
    memory: RequestMemory,
    on_sent: OnSent,
    now: float,
) -> UpstreamCall:
    """Let another daemon answer; return the call when its reply has begun.

    Raises:
        ProviderFailed: it cannot be reached, or says nothing in time.
        Busy: the request is more than the client's share of memory.
    """
    network, request, provider = chat.network, chat.request, chat.provider
    # A whole reply begins when it is finished; only the whole request bounds that.
    first = network.first_byte_timeout if request.stream else network.request_timeout
    path = provider.socket_path or ""
    call: LinkedCall | None = None
    try:
        with trio.move_on_after(first):
            call = await links.start_chat(chat, memory, on_sent)
        if call is None:
            fail(FailureClass.TIMEOUT, f"no answer from the daemon at {path} within {first:g} s")
    except ProviderFailed as error:
        raise report.translate(error) from None
    return UpstreamCall(
        call,
        provider=provider.name,
        path=path,
        report=report,
        stall=StallTimeouts(first, max(network.first_byte_timeout, network.idle_timeout)),
        streamed=request.stream,
        now=now,
    )
