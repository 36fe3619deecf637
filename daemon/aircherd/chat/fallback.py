"""One request on its way through the candidates of its plan.

    plan -> for each candidate: ensure_authenticated -> call -> result
                     |                  no key: skipped    failed before any output: the next one
                     nobody left: wait for somebody, if it may, else one error that names them all

Output is held back from nobody, but once the first piece is out nothing is tried again: two
providers' halves do not make one answer.
"""

import math
from typing import NoReturn

import msgspec
import trio

from aircherd.chat import chat_errors
from aircherd.chat.accounting import PendingCharge
from aircherd.chat.attempt import ProviderAttempt, notice
from aircherd.chat.caller import Caller, RequestScope, Send
from aircherd.chat.live_state import LiveRoutingState
from aircherd.chat.reply import Reply
from aircherd.chat.request.requirements import requirements_of
from aircherd.chat.services import ChatServices
from aircherd.config.model import Config
from aircherd.errors import NotAuthenticated
from aircherd.routing.candidate import Candidate
from aircherd.routing.failures import SCOPE_BY_FAILURE, Exclusions, FailureScope
from aircherd.routing.filters import over_limit
from aircherd.routing.plan import Plan, RouteQuery, passed_over, plan
from aircherd.routing.resolver import open_to_all
from aircherd.vocabulary.attempt import Attempt, AttemptDelta, ChatResult, Skipped
from aircherd.vocabulary.availability import Limited
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.keys import ApiKey

WAKE_SECONDS = 0.05
"""How much later than promised we come back: clocks differ a little."""
LOOK_SECONDS = 2.0
"""How long somebody without any key waits for the list of a local server."""


_NOTHING = Reply()
"""What came before anybody was asked. Nothing is added to it."""


class Pause(msgspec.Struct, frozen=True):
    """How many seconds to wait, and for whom: the one who comes back first."""

    seconds: float
    until_back: Skipped


class FallbackRunner:
    """One request. It keeps the configuration it started with."""

    def __init__(
        self,
        services: ChatServices,
        config: Config,
        *,
        request: ChatRequest,
        caller: Caller,
        send: Send,
    ) -> None:
        self._services = services
        self._config = config
        self._request = request
        self._caller = caller
        self._send = send
        self._needs = requirements_of(request)
        self._attempts: list[Attempt] = []
        # By provider, model and key, in the order in which they were passed over.
        self._skips: dict[tuple[str, str | None, str | None], Skipped] = {}
        self._exclusions = Exclusions()
        self._reply = _NOTHING
        self._cost: str | None = None
        self._deadline = math.inf
        self._may_wait = request.wait

    async def run(self, scope: RequestScope) -> ChatResult:
        """Carry it out within its deadline, which is set on `scope`.

        Nothing may be awaited in `scope` afterwards.

        Raises:
            UnknownModel, BadRequest: the request names what does not exist.
            ChatFailed: nobody could answer, or the stream broke off.
        """
        decided = await self._decide()
        seconds = self._request.timeout or self._config.network.request_timeout
        scope.deadline = self._deadline = trio.current_time() + seconds
        try:
            while True:
                result = await self._try_candidates(decided)
                if result is not None:
                    return result
                await self._wait_for_somebody(decided)
        except (trio.Cancelled, BaseExceptionGroup) as error:
            if trio.current_time() < self._deadline or not _is_cancelled(error):
                raise  # the client wants it no more, or went away; or it is another matter
        raise chat_errors.out_of_time(seconds, self._reply, self._attempts, self._skipped)

    # ---------------------------------------------------------- the plan

    async def _decide(self) -> Plan:
        decided = self._plan()
        if self._request.model or self._config.default_model or decided.candidates:
            return decided
        # Only local servers know whom to ask, and one may have been started just now.
        if self._services.ask_for_models is not None:
            with trio.move_on_after(LOOK_SECONDS):
                await self._services.ask_for_models(open_to_all(self._config))
        return self._plan()

    def _plan(self) -> Plan:
        request = self._request
        query = RouteQuery(
            model=request.model,
            options=request.route,
            needs=self._needs,
            conversation=request.conversation,
        )
        return plan(
            query, self._config, LiveRoutingState(self._services, self._needs, self._caller.client)
        )

    # ---------------------------------------------------------- the way

    async def _wait_for_somebody(self, decided: Plan) -> None:
        """Wait for the first to come back, as long as the request allows; raise if nobody does."""
        pause = self._pause(decided)
        if pause is None:
            until = self._return_of_who_failed(decided)
            raise chat_errors.nobody_answered(self._attempts, self._skipped, until=until)
        self._may_wait -= pause.seconds
        await self._tell_waiting(pause)
        await trio.sleep(pause.seconds)
        self._skips.clear()
        self._exclusions.forget_what_passes()

    def _return_of_who_failed(self, decided: Plan) -> float | None:
        """Return the Unix time when the first of those who were asked is back, None if unknown.

        Who is left alone by a guess is asked at once: that is no time to tell anybody.
        """
        failed = [
            skip
            for skip in passed_over(decided.steps())
            if (skip.provider, skip.model, skip.key) not in self._skips
        ]
        return min((skip.until for skip in failed if skip.until is not None), default=None)

    def _pause(self, decided: Plan) -> Pause | None:
        """Return how long until somebody is back, None if nobody is before we must give up."""
        left = min(self._may_wait, self._deadline - trio.current_time())
        if left <= 0 or len(self._attempts) >= self._config.fallback.max_attempts:
            return None
        now = self._services.clock()
        pauses = [
            Pause(max(0.0, step.until - now) + WAKE_SECONDS, step)
            for step in decided.steps()
            if isinstance(step, Skipped) and step.until is not None
        ]
        first = min(pauses, key=lambda pause: pause.seconds, default=None)
        return first if first is not None and first.seconds <= left else None

    async def _tell_waiting(self, pause: Pause) -> None:
        if self._request.stream:
            waiting = _notice(pause.until_back, "waiting", ms=round(pause.seconds * 1000))
            await self._send((waiting,))

    async def _try_candidates(self, decided: Plan) -> ChatResult | None:
        """Go once through the plan, as things stand now; None if nobody answered."""
        for step in decided.steps():
            skipped = step if isinstance(step, Skipped) else self._objection(step)
            if skipped is not None:
                await self._note_skip(skipped)
                continue
            assert isinstance(step, Candidate)
            result = await self._try_candidate(step)
            if result is not None:
                return result
        return None

    def _objection(self, candidate: Candidate) -> Skipped | None:
        """Say why what happened so far speaks against one more call."""
        if not self._attempts:
            return None
        if len(self._attempts) >= self._config.fallback.max_attempts:
            return self._too_many(candidate)
        return self._exclusions.reason_against(candidate)

    def _too_many(self, candidate: Candidate) -> Skipped:
        """Say that no more calls are made; of whom another key was called, with which one."""
        asked = [f"{attempt.provider}/{attempt.model}" for attempt in self._attempts]
        key = f" (key {candidate.key})" if candidate.key and candidate.origin in asked else ""
        message = f"{candidate.origin}{key} was not tried: {len(asked)} attempts were made"
        return candidate.skipped(self._attempts[-1].outcome, f"{message} (fallback.max_attempts)")

    async def _try_candidate(self, candidate: Candidate) -> ChatResult | None:
        """Ask one candidate; return None if another one should be asked."""
        try:
            key = await self._services.auth.ensure_authenticated(candidate.provider, candidate.key)
        except NotAuthenticated as error:
            await self._note_skip(candidate.skipped(error.code, error.message))
            return None
        failure = await self._call(candidate, key)
        if isinstance(failure, Skipped):
            await self._note_skip(failure)
            return None
        if failure and failure.kind is FailureClass.AUTH and key:
            failure = await self._again_with_new_key(candidate, key, failure)
        if failure is None:
            self._services.recall.note_answer(candidate, self._request.conversation)
            return self._result(candidate)
        if self._reply.has_output or SCOPE_BY_FAILURE[failure.kind] is FailureScope.REQUEST:
            self._give_up(failure)
        self._exclusions.add(candidate, failure)
        return None

    def _give_up(self, failure: Failure) -> NoReturn:
        way = (self._attempts, self._skipped)
        if self._reply.has_output:
            raise chat_errors.broke_off(failure, self._reply, *way)
        raise chat_errors.request_refused(failure, *way)

    async def _again_with_new_key(
        self, candidate: Candidate, key: ApiKey, failure: Failure
    ) -> Failure | None:
        """After a 401: once more if the source holds another key by now, else mark it rejected."""
        fresh = await self._services.auth.note_rejected(key, failure.message)
        has_tries = len(self._attempts) < self._config.fallback.max_attempts
        if fresh is None or not has_tries or self._reply.has_output:
            return failure
        again = await self._call(candidate, fresh)
        if isinstance(again, Skipped):
            return failure
        if again and again.kind is FailureClass.AUTH:
            await self._services.auth.note_rejected(fresh, again.message)
        return again

    async def _call(self, candidate: Candidate, key: ApiKey | None) -> Failure | Skipped | None:
        """Make one call. Return how it failed, None if it came to its proper end.

        Since the plan others may have asked: then there may be no room for it any more.
        """
        if self._request.stream:
            # Before anything is taken: a client that does not read must hold up nobody else.
            await self._send((notice(candidate, "trying"),))
        entry = self._open(candidate)
        if isinstance(entry, Skipped):
            return entry
        call = ProviderAttempt(self._services, candidate, key, caller=self._caller, entry=entry)
        self._reply = call.reply
        try:
            failure = await call.make(
                self._request, self._config.network, self._send, deadline=self._deadline
            )
        finally:
            # Even if it is cut off: then what there is of it is told.
            if call.attempt is not None:
                self._attempts.append(call.attempt)
            self._cost = call.cost
            if not call.was_sent and not candidate.is_last_resort:
                place = (candidate.provider.name, candidate.key, candidate.model.id)
                self._services.provider_client.cooldowns.give_back(
                    *place
                )  # nobody was asked anything
        if failure is None and key:
            self._services.auth.note_accepted(key)
        return failure

    def _open(self, candidate: Candidate) -> PendingCharge | Skipped:
        """Take the place that the plan saw: the probe if it is one, and room under the limits."""
        provider, model = candidate.provider.name, candidate.model.id
        cooldowns = self._services.provider_client.cooldowns
        if candidate.is_last_resort:
            self._forget_skip(candidate)
        elif not cooldowns.try_probe(provider, candidate.key, model):
            cooling = cooldowns.cooling(provider, candidate.key, model)
            if cooling is not None:  # else it ended between the two
                return candidate.skipped(cooling.reason, cooling.message, cooling.until)
        entry = self._services.accounting.begin(candidate, self._caller, self._needs)
        if isinstance(entry, Limited):
            if not candidate.is_last_resort:  # which takes no probe
                cooldowns.give_back(provider, candidate.key, model)
            return over_limit(candidate, entry)
        return entry

    async def _note_skip(self, skipped: Skipped) -> None:
        """Tell of each candidate once why it was passed over: a last resort had its reason."""
        who = (skipped.provider, skipped.model, skipped.key)
        if who in self._skips:
            return
        self._skips[who] = skipped
        if self._request.stream:
            await self._send((_notice(skipped, "skipped"),))

    def _forget_skip(self, candidate: Candidate) -> None:
        """Take back that a candidate was passed over: he is asked after all."""
        self._skips.pop((candidate.provider.name, candidate.model.id, candidate.key), None)

    @property
    def _skipped(self) -> list[Skipped]:
        return list(self._skips.values())

    def _result(self, candidate: Candidate) -> ChatResult:
        ending = self._reply.ending
        assert ending is not None
        return ChatResult(
            message=self._reply.message(candidate.origin),
            finish=ending.finish,
            usage=msgspec.to_builtins(ending.usage),
            cost=self._cost,
            provider=candidate.provider.name,
            model=candidate.model.id,
            attempts=self._attempts,
            skipped=self._skipped,
        )

    def __repr__(self) -> str:
        return f"<FallbackRunner for {self._caller.client}, {len(self._attempts)} attempts>"


def _is_cancelled(error: BaseException) -> bool:
    """Whether nothing else happened: who waits in a nursery is cancelled in a group."""
    if isinstance(error, BaseExceptionGroup):
        return error.split(trio.Cancelled)[1] is None
    return isinstance(error, trio.Cancelled)


def _notice(skip: Skipped, outcome: str, *, ms: int | None = None) -> AttemptDelta:
    return AttemptDelta(
        provider=skip.provider,
        model=skip.model or "",
        key=skip.key,
        outcome=outcome,
        ms=ms,
        message=skip.message,
        until=skip.until,
    )
