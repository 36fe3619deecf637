"""The one path of every chat: the plan, the key, the call, the events, and then the next candidate.

    plan -> for each candidate: ensure_authenticated -> call -> events out -> result
                     |                  no key: skipped        failed before any output: next
                     nobody left: one error that names every attempt and every skip

Output is held back from nobody, but once the first piece is out nothing is tried again: two
providers' halves do not make one answer.
"""

import math
from collections.abc import Awaitable, Callable, Sequence

import msgspec
import trio

from aircher_wire import codes
from aircherd.auth.manager import AuthManager
from aircherd.catalog.catalog import Catalog
from aircherd.chat import outcome
from aircherd.chat.origins import for_origin
from aircherd.chat.reply import Reply
from aircherd.config.model import Config
from aircherd.config.store import ConfigStore
from aircherd.errors import AircherError, NotAuthenticated, ProviderFailed
from aircherd.events import EventBus
from aircherd.providers.pool import ProviderPool
from aircherd.routing import failures
from aircherd.routing.plan import Candidate, Step, plan
from aircherd.vocabulary.attempt import Attempt, AttemptDelta, ChatResult, Skipped
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.keys import ApiKey
from aircherd.vocabulary.reply import ReplyEvent

Delta = ReplyEvent | AttemptDelta
Send = Callable[[Sequence[Delta]], Awaitable[None]]
"""Takes the events of one read to the client; waits while the client is far behind."""


class Caller(msgspec.Struct, frozen=True):
    """Who asks: the client's name, and the project it sent."""

    client: str
    project: str | None = None


class ChatController:
    """Runs chat requests; holds no state between them."""

    def __init__(
        self,
        *,
        config: ConfigStore,
        auth: AuthManager,
        catalog: Catalog,
        pool: ProviderPool,
        bus: EventBus,
    ) -> None:
        self._config = config
        self._auth = auth
        self._catalog = catalog
        self._pool = pool
        self._bus = bus
        self._active = 0
        self._total = 0

    async def chat(
        self, request: ChatRequest, caller: Caller, send: Send, scope: trio.CancelScope
    ) -> ChatResult:
        """Answer `request`, sending what streams to `send` unless it asked for the result only.

        `scope` is the one that this runs in, and nothing else after it: it gets the request's
        deadline, for a scope more would cost as much as planning the route.

        Raises:
            ConfigInvalid: there is no configuration to work with.
            UnknownModel, BadRequest: the request names what does not exist.
            ChatFailed: nobody could answer, or the stream broke off.
        """
        config = self._config.usable()
        self._active += 1
        self._total += 1
        try:
            walk = _Walk(
                self._auth,
                self._catalog,
                self._pool,
                self._bus,
                config=config,
                request=request,
                caller=caller,
                send=send,
            )
            return await walk.run(scope)
        finally:
            self._active -= 1

    def statistics(self) -> dict[str, int]:
        """How many requests are under way, and how many there were."""
        return {"active": self._active, "total": self._total}

    def __repr__(self) -> str:
        return f"<ChatController {self._active} active of {self._total}>"


class _Walk:
    """One request on its way through the candidates."""

    def __init__(
        self,
        auth: AuthManager,
        catalog: Catalog,
        pool: ProviderPool,
        bus: EventBus,
        *,
        config: Config,
        request: ChatRequest,
        caller: Caller,
        send: Send,
    ) -> None:
        self._auth = auth
        self._catalog = catalog
        self._pool = pool
        self._bus = bus
        self._config = config
        self._request = request
        self._caller = caller
        self._send = send
        self._attempts: list[Attempt] = []
        self._skipped: list[Skipped] = []
        self._reply = Reply()
        self._deadline = math.inf

    async def run(self, scope: trio.CancelScope) -> ChatResult:
        request = self._request
        decided = plan(
            request.model, request.route, self._config, self._auth.key_choices, self._catalog
        )
        seconds = request.timeout or self._config.network.request_timeout
        scope.deadline = self._deadline = trio.current_time() + seconds
        try:
            return await self._walk(decided.steps)
        except trio.Cancelled:
            if trio.current_time() < self._deadline:
                raise  # the client wants it no more, or went away
        raise outcome.out_of_time(seconds, self._reply, self._attempts, self._skipped)

    async def _walk(self, steps: Sequence[Step]) -> ChatResult:
        left = list(steps)
        while left:
            step = left.pop(0)
            if isinstance(step, Skipped):
                self._skipped.append(step)
                continue
            key = await self._key(step)
            if isinstance(key, Skipped):
                self._skipped.append(key)
                continue
            failure = await self._attempt(step, key)
            if failure and failure.kind is FailureClass.AUTH and key:
                failure = await self._again_with_new_key(step, key, failure)
            if failure is None:
                return self._result(step)
            if self._reply.has_output:
                raise outcome.broke_off(failure, self._reply, self._attempts, self._skipped)
            if failures.AFTER[failure.kind] is failures.Condemns.REQUEST:
                raise outcome.request_refused(failure, self._attempts, self._skipped)
            left = failures.after(failure, step, left)
            self._reply = Reply()  # what was only thought or counted goes with the attempt
        raise outcome.nobody_answered(self._attempts, self._skipped)

    async def _key(self, candidate: Candidate) -> ApiKey | Skipped | None:
        try:
            return await self._auth.ensure_authenticated(candidate.provider, candidate.key)
        except NotAuthenticated as error:
            return Skipped(
                provider=candidate.provider.name,
                model=candidate.model.id,
                key=candidate.key,
                reason=error.code,
                message=error.message,
            )

    async def _again_with_new_key(
        self, candidate: Candidate, key: ApiKey, failure: Failure
    ) -> Failure | None:
        """After a 401: once more if the source holds another key by now, else mark it rejected."""
        fresh = await self._auth.note_rejected(key, failure.message)
        if fresh is None:
            return failure
        again = await self._attempt(candidate, fresh)
        if again and again.kind is FailureClass.AUTH:
            await self._auth.note_rejected(fresh, again.message)
        return again

    async def _attempt(self, candidate: Candidate, key: ApiKey | None) -> Failure | None:
        """Make one call. Return how it failed, None if it came to its proper end."""
        await self._tell(_notice(candidate, "trying"))
        started = trio.current_time()
        failure: Failure | None = None
        result = codes.CANCELLED  # what it is unless we get to know better
        try:
            await self._stream(candidate, key)
            result = "ok"
        except ProviderFailed as error:
            failure, result = error.failure, error.failure.code
        except AircherError as error:
            result = error.code  # our own trouble: no other candidate would fare better
            raise
        finally:
            now = trio.current_time()
            if result == codes.CANCELLED and now >= self._deadline:
                result = codes.TIMEOUT  # our own deadline, not the client's wish
            ms = round((now - started) * 1000)
            self._record(candidate, result, ms, failure)
        if failure:
            await self._tell(_notice(candidate, result, ms=ms, message=failure.message))
        elif key:
            self._auth.note_accepted(key)
        return failure

    async def _stream(self, candidate: Candidate, key: ApiKey | None) -> None:
        provider, network = candidate.provider, self._config.network
        reply, held = self._reply, []
        request = for_origin(self._request, candidate.origin)
        async with self._pool.open_chat(provider, request, candidate.model, key, network) as call:
            while reply.ending is None:
                events = await call.receive()
                reply.add(events)
                if not self._request.stream:
                    continue
                # Counts before the first output would be wrong after a fallback: they wait for it.
                # Thinking does not: who sees an attempt fail knows that it goes with it.
                held += events
                if reply.has_begun or reply.ending:
                    await self._send(held)
                    held = []
                else:
                    del held[:-1]  # a later count replaces an earlier one

    async def _tell(self, notice: AttemptDelta) -> None:
        if self._request.stream:
            await self._send((notice,))

    def _record(self, candidate: Candidate, result: str, ms: int, failure: Failure | None) -> None:
        attempt = Attempt(
            provider=candidate.provider.name,
            model=candidate.model.id,
            key=candidate.key,
            outcome=result,
            ms=ms,
            status=failure.status if failure else None,
            message=failure.message if failure else None,
        )
        self._attempts.append(attempt)
        self._bus.publish("attempt", lambda: _attempt_event(attempt, self._caller))

    def _result(self, candidate: Candidate) -> ChatResult:
        ending, usage = self._reply.ending, self._reply.usage
        assert ending is not None
        return ChatResult(
            message=self._reply.message(candidate.origin),
            finish=ending.finish,
            usage=msgspec.to_builtins(usage),
            cost=ending.cost,
            provider=candidate.provider.name,
            model=candidate.model.id,
            attempts=self._attempts,
            skipped=self._skipped,
        )


def _attempt_event(attempt: Attempt, caller: Caller) -> dict[str, object]:
    who = {"client": caller.client, "project": caller.project}
    told = {name: value for name, value in who.items() if value is not None}
    return {**msgspec.to_builtins(attempt), **told}


def _notice(
    candidate: Candidate, result: str, *, ms: int | None = None, message: str | None = None
) -> AttemptDelta:
    return AttemptDelta(
        provider=candidate.provider.name,
        model=candidate.model.id,
        key=candidate.key,
        outcome=result,
        ms=ms,
        message=message,
    )
