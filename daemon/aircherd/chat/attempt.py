"""One call of a request to one candidate: what is sent, what comes back, and its record."""

import msgspec
import trio

from aircher_wire import codes
from aircherd.chat.accounting import PendingCharge
from aircherd.chat.caller import Caller, Send
from aircherd.chat.reply import Reply
from aircherd.chat.request.origins import for_origin
from aircherd.chat.route_cache import Target
from aircherd.chat.services import ChatServices
from aircherd.errors import AircherError, ProviderFailed
from aircherd.providers.streaming_call import ChatCall
from aircherd.routing.candidate import Candidate
from aircherd.vocabulary.attempt import Attempt, AttemptDelta
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.failure import Failure
from aircherd.vocabulary.keys import ApiKey
from aircherd.vocabulary.reply import ReplyEvent


class ProviderAttempt:
    """One call with one key.

    `reply` is what has arrived, `record` the attempt once it is over, however it ended, and `cost`
    its cost in USD as text, None if unknown. `was_sent`: the request had begun to leave.
    """

    __slots__ = (
        "_caller",
        "_charge",
        "_first_ms",
        "_key",
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
    ) -> None:
        self.reply = Reply()
        self.record: Attempt | None = None
        self.cost: str | None = None
        self.was_sent = False
        self._services = services
        self._target = target
        self._key = key
        self._charge = charge
        self._caller = caller
        self._started = trio.current_time()
        self._first_ms: int | None = None

    async def run(self, request: ChatRequest, send: Send, deadline: float) -> Failure | None:
        """Make the call; return how it failed, None if it came to its proper end.

        `deadline` is that of the whole request, on trio's clock: what is cut off there is a
        timeout, what is cancelled before was cancelled by the client. There is a `record` even
        then.
        """
        failure: Failure | None = None
        outcome = codes.CANCELLED  # unless something else is known below
        try:
            call = await self._services.provider_client.open_chat(
                self._target.call,
                for_origin(request, self._target.origin),
                self._key,
                on_sent=self._note_sent,
            )
            try:
                if request.stream:
                    await self._relay(call, send)
                else:
                    reply = self.reply
                    while reply.ending is None:
                        reply.add(await call.receive())
                        if self._first_ms is None and reply.has_begun:
                            self._note_first()
            finally:
                await call.aclose()
            outcome = "ok"
        except ProviderFailed as error:
            failure, outcome = error.failure, error.failure.code
        except AircherError as error:
            outcome = error.code  # our own failure: another candidate would fail the same way
            raise
        except Exception:
            outcome = codes.INTERNAL
            raise
        finally:
            self._settle(outcome, failure, deadline)
        if failure and request.stream:
            assert self.record is not None
            message = failure.message
            await send((notice(self._target.candidate, outcome, self.record.ms, message),))
        return failure

    async def _relay(self, call: ChatCall, send: Send) -> None:
        """Pass on what streams, until the end of the reply."""
        reply = self.reply
        held: list[ReplyEvent] = []
        while reply.ending is None:
            events = await call.receive()
            reply.add(events)
            if self._first_ms is None and reply.has_begun:
                self._note_first()
            # Counts before the first output would be wrong after a fallback: they wait for it.
            # Reasoning does not: a client that sees an attempt fail drops its reasoning.
            if held:
                events = held + events
            if reply.has_begun or reply.ending:
                await send(events)
                held = []
            else:
                held = events[-1:]  # a later count replaces an earlier one

    def _note_sent(self) -> None:
        self.was_sent = True

    def _note_first(self) -> None:
        seconds = trio.current_time() - self._started
        self._first_ms = round(seconds * 1000)
        self._services.latency.note(self._target.average, seconds)

    def _settle(self, outcome: str, failure: Failure | None, deadline: float) -> None:
        """Write the record and what the call cost."""
        now = trio.current_time()
        if outcome == codes.CANCELLED and now >= deadline:
            outcome = codes.TIMEOUT
        ms = round((now - self._started) * 1000)
        provider, key, model = self._target.scope
        record = self.record = Attempt(
            provider=provider,
            model=model,
            key=key,
            outcome=outcome,
            ms=ms,
            status=failure.status if failure else None,
            message=failure.message if failure else None,
        )
        self.cost = self._charge.settle(
            outcome, ms, self._first_ms, self.reply, was_sent=self.was_sent
        )
        bus = self._services.bus
        if bus.has_subscribers("attempt"):
            bus.publish("attempt", _event(record, self._caller))

    def __repr__(self) -> str:
        return f"<ProviderAttempt to {self._target.origin}>"


def notice(
    candidate: Candidate, outcome: str, ms: int | None = None, message: str | None = None
) -> AttemptDelta:
    """Return what a streaming client learns about a candidate as it happens."""
    return AttemptDelta(
        provider=candidate.provider.name,
        model=candidate.model.id,
        key=candidate.key,
        outcome=outcome,
        ms=ms,
        message=message,
    )


def _event(record: Attempt, caller: Caller) -> dict[str, object]:
    event: dict[str, object] = {**msgspec.to_builtins(record), "client": caller.client}
    if caller.project is not None:
        event["project"] = caller.project
    return event
