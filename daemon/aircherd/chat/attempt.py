"""One call to one candidate: the request, the reply, and the record of the attempt."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
import trio

from aircher_wire import codes
from aircherd.chat.accounting import PendingCharge
from aircherd.chat.caller import Caller, Send
from aircherd.chat.replies.reply import Reply
from aircherd.chat.request.origins import for_daemon, for_origin
from aircherd.chat.route_cache import Target
from aircherd.chat.services import ChatServices
from aircherd.errors import AircherError, ProviderFailed, fail
from aircherd.memory.request_memory import RequestMemory
from aircherd.providers.streaming_call import ChatCall
from aircherd.routing.candidate import Candidate
from aircherd.vocabulary.attempt import Attempt, Skipped
from aircherd.vocabulary.builtin_providers import SOCKET
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.keys import ApiKey
from aircherd.vocabulary.reply import AttemptDelta, ReplyEvent

if TYPE_CHECKING:
    from aircherd.providers.verbatim.passage import Passage


class ProviderAttempt:
    """One call with one key.

    `reply` is what has arrived. After the call, `record` is the attempt, whatever its outcome, and
    `cost` is its cost in USD as text, None if unknown. `was_sent`: part of the request was sent.
    """

    __slots__ = (
        "_caller",
        "_charge",
        "_first_ms",
        "_key",
        "_memory",
        "_services",
        "_started",
        "_target",
        "cost",
        "record",
        "reply",
        "was_sent",
    )

    def __init__(
        self,
        services: ChatServices,
        target: Target,
        key: ApiKey | None,
        charge: PendingCharge,
        caller: Caller,
        *,
        memory: RequestMemory,
    ) -> None:
        self.reply = Reply(memory)
        self.record: Attempt | None = None
        self.cost: str | None = None
        self.was_sent = False
        self._services = services
        self._target = target
        self._key = key
        self._charge = charge
        self._caller = caller
        self._memory = memory
        self._started = services.now()
        self._first_ms: int | None = None

    async def run(
        self,
        request: ChatRequest,
        send: Send,
        deadline: float,
        passage: "Passage | None" = None,
    ) -> Failure | None:
        """Make the call; return how it failed, None if it succeeded.

        `passage` is what an HTTP client sent, and gets the bytes of the reply.

        `deadline` is that of the whole request, on trio's clock: a cancellation after it is a
        timeout, one before it is by the client. Both leave a `record`.
        """
        failure: Failure | None = None
        outcome = codes.CANCELLED  # unless it ends in another way below
        try:
            call = await self._services.provider_client.open_chat(
                self._target.call,
                self._for_target(request),
                self._key,
                on_sent=self._note_sent,
                memory=self._memory,
                verbatim=passage,
            )
            try:
                if request.stream or passage is not None:
                    await (
                        self._relay(call, send)
                        if passage is None
                        else self._pass_on(call, send, passage, stream=request.stream)
                    )
                else:
                    reply = self.reply
                    while reply.ending is None:
                        reply.add(await call.receive())
                        if self._first_ms is None and reply.has_begun:
                            self._note_first()
            finally:
                await call.aclose()
            if not self.reply.has_output and self.reply.is_empty and not self.reply.was_sent:
                fail(FailureClass.EMPTY, "answered with nothing")
            outcome = "ok"
        except ProviderFailed as error:
            # It may quote the reply: the name of a call, for example.
            failure = self._services.provider_client.presentable(error.failure, request)
            outcome = failure.code
        except AircherError as error:
            outcome = error.code  # internal: another candidate would fail the same way
            raise
        except Exception:
            outcome = codes.INTERNAL
            raise
        finally:
            self._settle(outcome, failure, deadline)
        if self._charge.accounting.saving.is_late:
            with trio.CancelScope(shield=True):
                await self._charge.accounting.wait_until_saved()
        if failure and request.stream:
            assert self.record is not None
            message = failure.message
            await send((attempt_notice(self._target.candidate, outcome, self.record.ms, message),))
        return failure

    def _for_target(self, request: ChatRequest) -> ChatRequest:
        """Return the request without what only another model may get.

        Another daemon gets what came from it, whichever of its models made it: it decides again.
        """
        provider = self._target.candidate.provider
        if provider.kind == SOCKET:
            return for_daemon(request, provider.name)
        return for_origin(request, self._target.origin)

    async def _relay(self, call: ChatCall, send: Send) -> None:
        """Send the events of the reply to the client until its end."""
        reply = self.reply
        held: list[ReplyEvent] = []
        while reply.ending is None:
            events = await call.receive()
            reply.add(events)
            if self._first_ms is None and reply.has_begun:
                self._note_first()
            # Token counts are held back until the first output: after a fallback they would be
            # wrong. Reasoning is not: clients drop it when they see the attempt fail.
            if held:
                events = held + events
            if reply.has_begun or _has_news(events) or reply.ending:
                held = []
                sending = send(events)
                del events  # once they are queued, waiting for room must not keep them
                await sending
            else:
                held = events[-1:]  # the latest count is enough

    async def _pass_on(
        self, call: ChatCall, send: Send, passage: "Passage", *, stream: bool
    ) -> None:
        from aircherd.chat.replies.passing import pass_on, pass_whole  # noqa: PLC0415 - by HTTP

        if stream:
            await pass_on(
                call, self.reply, passage, send, memory=self._memory, note=self._note_first_once
            )
            return
        reply = self.reply
        while reply.ending is None:
            reply.add(await call.receive())
            self._note_first_once()
        await pass_whole(reply, passage, send)

    def _note_first_once(self) -> None:
        if self._first_ms is None and self.reply.has_begun:
            self._note_first()

    def _note_sent(self) -> None:
        self.was_sent = True

    def _note_first(self) -> None:
        seconds = self._services.now() - self._started
        self._first_ms = round(seconds * 1000)
        self._services.latency.note(self._target.average, seconds)

    def _settle(self, outcome: str, failure: Failure | None, deadline: float) -> None:
        """Create the record, and settle limits and ledger."""
        if failure is not None and not self.reply.has_output:  # another candidate is called
            self.reply.forget_size()
        now = self._services.now()
        ms = round((now - self._started) * 1000)
        provider, key, model = self._target.names
        record = Attempt(provider=provider, model=model, key=key, outcome=outcome, ms=ms)
        if outcome != "ok":
            record = self._failed_record(record, failure, is_late=now >= deadline)
            outcome = record.outcome
        self.record = record
        self.cost = self._charge.settle(
            outcome, ms, self._first_ms, self.reply, was_sent=self.was_sent
        )
        bus = self._services.bus
        if bus.has_subscribers("attempt"):
            bus.publish("attempt", _event(record, self._caller))

    def _failed_record(self, record: Attempt, failure: Failure | None, *, is_late: bool) -> Attempt:
        """Return the record with the reason, and remember it; late cancellations are timeouts."""
        if is_late and record.outcome == codes.CANCELLED:
            record = msgspec.structs.replace(record, outcome=codes.TIMEOUT)
        if failure is not None:
            record = msgspec.structs.replace(record, status=failure.status, message=failure.message)
        self._services.last_failures.note(record)
        return record

    def __repr__(self) -> str:
        return f"<ProviderAttempt to {self._target.origin}>"


def _has_news(events: Sequence[ReplyEvent]) -> bool:
    """Return whether there is an attempt of another daemon among events."""
    return any(type(event) is AttemptDelta for event in events)


def attempt_notice(
    candidate: Candidate, outcome: str, ms: int | None = None, message: str | None = None
) -> AttemptDelta:
    """Return the delta that reports the state of a candidate to a streaming client."""
    return AttemptDelta(
        provider=candidate.provider.name,
        model=candidate.model.id,
        key=candidate.key,
        outcome=outcome,
        ms=ms,
        message=message,
    )


def skip_notice(skip: Skipped, outcome: str, *, ms: int | None = None) -> AttemptDelta:
    """Return the delta that reports a skip or a wait to a streaming client."""
    return AttemptDelta(
        provider=skip.provider,
        model=skip.model or "",
        key=skip.key,
        outcome=outcome,
        ms=ms,
        message=skip.message,
        until=skip.until,
    )


def _event(record: Attempt, caller: Caller) -> dict[str, object]:
    event: dict[str, object] = {**msgspec.to_builtins(record), "client": caller.client}
    if caller.project is not None:
        event["project"] = caller.project
    return event
