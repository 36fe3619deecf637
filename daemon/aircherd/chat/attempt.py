"""One call of a request: what is sent of it, what comes back, and what is told about it."""

import msgspec
import trio

from aircher_wire import codes
from aircherd.chat.accounting import PendingCharge
from aircherd.chat.caller import Caller, Send
from aircherd.chat.reply import Reply
from aircherd.chat.request.origins import for_origin
from aircherd.chat.services import ChatServices
from aircherd.config.model import Network
from aircherd.errors import AircherError, ProviderFailed
from aircherd.routing.candidate import Candidate
from aircherd.vocabulary.attempt import Attempt, AttemptDelta
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.failure import Failure
from aircherd.vocabulary.keys import ApiKey
from aircherd.vocabulary.reply import ReplyEvent


class ProviderAttempt:
    """One call to one candidate with one key.

    `reply` is what came of it, `attempt` its record once it is over, however it ended, and `cost`
    what it cost in USD, None where that is not known. `was_sent` says whether it got that far.
    """

    def __init__(
        self,
        services: ChatServices,
        candidate: Candidate,
        key: ApiKey | None,
        *,
        caller: Caller,
        entry: PendingCharge,
    ) -> None:
        self.reply = Reply()
        self.attempt: Attempt | None = None
        self.cost: str | None = None
        self._services = services
        self._candidate = candidate
        self._key = key
        self._caller = caller
        self._entry = entry
        self._started = trio.current_time()
        self._first_ms: int | None = None
        self.was_sent = False

    async def make(
        self, request: ChatRequest, network: Network, send: Send, *, deadline: float
    ) -> Failure | None:
        """Make it; return how it failed, None if it came to its proper end.

        `deadline` is that of the whole request, on trio's clock: what is cut off there was a
        timeout, what is cancelled before was the client's wish. Even then there is an `attempt`.
        """
        failure: Failure | None = None
        outcome = codes.CANCELLED  # what it is unless we get to know better
        try:
            await self._stream(request, network, send)
            outcome = "ok"
        except ProviderFailed as error:
            failure, outcome = error.failure, error.failure.code
        except AircherError as error:
            outcome = error.code  # our own trouble: no other candidate would fare better
            raise
        except Exception:
            outcome = codes.INTERNAL
            raise
        finally:
            now = trio.current_time()
            if outcome == codes.CANCELLED and now >= deadline:
                outcome = codes.TIMEOUT
            attempt = self.attempt = self._record(outcome, now, failure)
            self.cost = self._entry.settle(
                outcome, attempt.ms, self._first_ms, self.reply, was_sent=self.was_sent
            )
            self._services.bus.publish("attempt", lambda: _event(attempt, self._caller))
        if failure and request.stream:
            await send((notice(self._candidate, outcome, attempt.ms, failure.message),))
        return failure

    async def _stream(self, request: ChatRequest, network: Network, send: Send) -> None:
        candidate, reply = self._candidate, self.reply
        held: list[ReplyEvent] = []
        sent = for_origin(request, candidate.origin)
        client = self._services.provider_client
        target = client.prepare(candidate.provider, candidate.model, network)
        call = await client.open_chat(target, sent, self._key, on_sent=self._note_sent)
        try:
            while reply.ending is None:
                events = await call.receive()
                reply.add(events)
                if self._first_ms is None and reply.has_begun:
                    self._note_first()
                if not request.stream:
                    continue
                # Counts before the first output would be wrong after a fallback: they wait for it.
                # Thinking does not: who sees an attempt fail knows that it goes with it.
                held += events
                if reply.has_begun or reply.ending:
                    await send(held)
                    held = []
                else:
                    del held[:-1]  # a later count replaces an earlier one
        finally:
            await call.aclose()

    def _note_sent(self) -> None:
        self.was_sent = True

    def _note_first(self) -> None:
        seconds = trio.current_time() - self._started
        self._first_ms = round(seconds * 1000)
        self._services.recall.note_first(self._candidate, seconds)

    def _record(self, outcome: str, now: float, failure: Failure | None) -> Attempt:
        candidate = self._candidate
        return Attempt(
            provider=candidate.provider.name,
            model=candidate.model.id,
            key=candidate.key,
            outcome=outcome,
            ms=round((now - self._started) * 1000),
            status=failure.status if failure else None,
            message=failure.message if failure else None,
        )

    def __repr__(self) -> str:
        return f"<ProviderAttempt to {self._candidate.origin}>"


def notice(
    candidate: Candidate, outcome: str, ms: int | None = None, message: str | None = None
) -> AttemptDelta:
    """Return what a client is told of a candidate as it happens."""
    return AttemptDelta(
        provider=candidate.provider.name,
        model=candidate.model.id,
        key=candidate.key,
        outcome=outcome,
        ms=ms,
        message=message,
    )


def _event(attempt: Attempt, caller: Caller) -> dict[str, object]:
    who = {"client": caller.client, "project": caller.project}
    told = {name: value for name, value in who.items() if value is not None}
    return {**msgspec.to_builtins(attempt), **told}
