"""One request on its way through the candidates of its plan.

    first choice known ─> call ─> result                       most requests
    plan ─> for each candidate: get_api_key ─> call ─> result
                         │                      failed before any output: the next one
                         no key: skipped
            none left: wait for one if the request may, else one error that names them all

Output is never held back, but once the first piece is out nothing is tried again: halves of two
replies do not make one answer.
"""

import math
from typing import NoReturn

import trio

from aircherd.chat import chat_errors
from aircherd.chat.accounting import PendingCharge
from aircherd.chat.attempt import ProviderAttempt, notice
from aircherd.chat.caller import Caller, RequestScope, Send
from aircherd.chat.live_state import LiveRoutingState
from aircherd.chat.reply import Reply
from aircherd.chat.request.requirements import requirements_of
from aircherd.chat.route_cache import Target
from aircherd.chat.services import ChatServices
from aircherd.chat.waiting import CandidateName, Pause, earliest_return, shortest_pause
from aircherd.config.model import Config
from aircherd.errors import NotAuthenticated
from aircherd.routing.candidate import Candidate
from aircherd.routing.failures import SCOPE_BY_FAILURE, Exclusions, FailureScope
from aircherd.routing.filters import over_limit
from aircherd.routing.plan import Plan, RouteQuery, names_of, plan
from aircherd.routing.resolver import open_to_all
from aircherd.vocabulary.attempt import Attempt, AttemptDelta, ChatResult, Skipped
from aircherd.vocabulary.availability import Limited
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.keys import ApiKey

LIST_SECONDS = 2.0
"""How long a request without any candidate waits for the model list of a local server."""

_NOTHING = Reply()
"""What came before the first call. Nothing is added to it."""
_NO_OPTIONS = ChatRequest(messages=[]).route
"""What requests without `route` have: the very same object."""


class FallbackRunner:
    """Carries out one request. It keeps the configuration that it started with."""

    def __init__(
        self,
        services: ChatServices,
        config: Config,
        request: ChatRequest,
        caller: Caller,
        send: Send,
    ) -> None:
        self._services = services
        self._config = config
        self._request = request
        self._caller = caller
        self._send = send
        self._requirements = requirements_of(request)
        self._attempts: list[Attempt] = []
        self._skips: dict[CandidateName, Skipped] = {}  # in order
        self._exclusions: Exclusions | None = None  # once there is one
        self._reply = _NOTHING
        self._cost: str | None = None
        self._deadline = math.inf
        self._may_wait = request.wait

    async def run(self, scope: RequestScope) -> ChatResult:
        """Answer within the deadline, which is set on `scope`.

        Nothing may be awaited in `scope` afterwards.

        Raises:
            UnknownModel, BadRequest: the request names what does not exist.
            ChatFailed: no provider could answer, or the stream broke off.
        """
        target = self._first_choice()
        decided = None if target else await self._decide()
        seconds = self._request.timeout or self._config.network.request_timeout
        scope.deadline = self._deadline = trio.current_time() + seconds
        try:
            if target is not None:
                result = await self._try(target)
                if result is not None:
                    return result
            return await self._run_plan(decided or await self._decide(), target)
        except (trio.Cancelled, BaseExceptionGroup) as error:
            if trio.current_time() < self._deadline or not _is_cancelled(error):
                raise  # cancelled by the client, which may be gone; or another error
        raise chat_errors.out_of_time(seconds, self._reply, self._attempts, self._skipped)

    # ---------------------------------------------------------- the first choice

    @property
    def _is_cacheable(self) -> bool:
        """Whether the first choice depends on the model's name alone."""
        return self._request.route is _NO_OPTIONS and not self._request.conversation

    def _first_choice(self) -> Target | None:
        """Return the first choice if it is known, and nothing speaks against it now."""
        if not self._is_cacheable:
            return None
        services = self._services
        target = services.routes.first(self._config, self._request.model)
        if target is None or not target.fits(self._requirements):
            return None
        cooldowns = services.provider_client.cooldowns
        if not cooldowns.is_calm and cooldowns.cooling(*target.scope) is not None:
            return None
        candidate = target.candidate
        provider, key, _ = target.scope
        if services.accounting.room_for(
            self._caller.client, provider, key, candidate.model, self._requirements
        ):
            return None
        return target

    def _keep_first_choice(self, decided: Plan, target: Target) -> None:
        if self._is_cacheable and decided.is_fixed and not target.candidate.is_last_resort:
            self._services.routes.keep(self._config, self._request.model, target)

    # ---------------------------------------------------------- the plan

    async def _decide(self) -> Plan:
        decided = self._plan()
        if self._request.model or self._config.default_model or decided.candidates:
            return decided
        # A local server has no default model: its list says what there is, once it is fetched.
        if self._services.ask_for_models is not None:
            with trio.move_on_after(LIST_SECONDS):
                await self._services.ask_for_models(open_to_all(self._config))
        return self._plan()

    def _plan(self) -> Plan:
        request, requirements = self._request, self._requirements
        query = RouteQuery(
            model=request.model,
            options=request.route,
            requirements=requirements,
            conversation=request.conversation,
        )
        state = LiveRoutingState(self._services, requirements, self._caller.client)
        return plan(query, self._config, state)

    async def _run_plan(self, decided: Plan, tried: Target | None) -> ChatResult:
        """Try the candidates, and wait for one while the request may; `tried` was called already."""
        while True:
            result = await self._try_candidates(decided, tried)
            if result is not None:
                return result
            await self._wait_for_candidate(decided)
            tried = None

    async def _try_candidates(self, decided: Plan, tried: Target | None) -> ChatResult | None:
        """Go through the plan once, as the state is now; return None if none answered."""
        for number, step in enumerate(decided.steps()):
            if tried is not None and names_of(step) == tried.scope:
                continue
            skipped = step if isinstance(step, Skipped) else self._reason_against(step)
            if skipped is not None:
                await self._note_skip(skipped)
                continue
            assert isinstance(step, Candidate)
            target = self._services.routes.target(step, self._config)
            if not number:
                self._keep_first_choice(decided, target)
            result = await self._try(target)
            if result is not None:
                return result
        return None

    async def _wait_for_candidate(self, decided: Plan) -> None:
        """Wait for the first to come back if the request allows it, else raise."""
        pause = self._pause(decided)
        if pause is None:
            until = earliest_return(decided, self._skips)
            raise chat_errors.none_answered(self._attempts, self._skipped, until=until)
        self._may_wait -= pause.seconds
        if self._request.stream:
            milliseconds = round(pause.seconds * 1000)
            await self._send((_skip_notice(pause.until_back, "waiting", ms=milliseconds),))
        await trio.sleep(pause.seconds)
        self._skips.clear()
        if self._exclusions is not None:
            self._exclusions.forget_what_passes()

    def _pause(self, decided: Plan) -> Pause | None:
        if len(self._attempts) >= self._config.fallback.max_attempts:
            return None
        left = min(self._may_wait, self._deadline - trio.current_time())
        return shortest_pause(decided, self._services.clock(), left)

    # ---------------------------------------------------------- one candidate

    def _reason_against(self, candidate: Candidate) -> Skipped | None:
        """Return why earlier attempts of this request rule out `candidate`, None if they do not."""
        if not self._attempts:
            return None
        if len(self._attempts) >= self._config.fallback.max_attempts:
            return self._too_many_attempts(candidate)
        return self._exclusions.reason_against(candidate) if self._exclusions else None

    def _too_many_attempts(self, candidate: Candidate) -> Skipped:
        """Say that no more calls are made, and for which key where another one was called."""
        called = [f"{attempt.provider}/{attempt.model}" for attempt in self._attempts]
        key = f" (key {candidate.key})" if candidate.key and candidate.origin in called else ""
        message = f"{candidate.origin}{key} was not tried: {len(called)} attempts were made"
        return candidate.skipped(self._attempts[-1].outcome, f"{message} (fallback.max_attempts)")

    async def _try(self, target: Target) -> ChatResult | None:
        """Call one candidate; return None if the next one should be tried."""
        candidate, auth = target.candidate, self._services.auth
        provider = candidate.provider
        try:
            key = await auth.get_api_key(provider, candidate.key) if provider.needs_key else None
        except NotAuthenticated as error:
            await self._note_skip(candidate.skipped(error.code, error.message))
            return None
        failure = await self._call(target, key)
        if failure is None:
            if self._request.conversation is not None:
                self._services.affinity.note_answer(candidate, self._request.conversation)
            return self._result(target)
        if isinstance(failure, Skipped):
            await self._note_skip(failure)
            return None
        if failure.kind is FailureClass.AUTH and key:
            again = await self._call_with_new_key(target, key, failure)
            if again is None:
                return self._result(target)
            failure = again
        if self._reply.has_output or SCOPE_BY_FAILURE[failure.kind] is FailureScope.REQUEST:
            self._give_up(failure)
        self._exclusions = self._exclusions or Exclusions()
        self._exclusions.add(candidate, failure)
        return None

    async def _call_with_new_key(
        self, target: Target, key: ApiKey, failure: Failure
    ) -> Failure | None:
        """After a 401, call once more if the source has another key by now; return the failure."""
        auth = self._services.auth
        fresh = await auth.note_rejected(key, failure.message)
        has_tries = len(self._attempts) < self._config.fallback.max_attempts
        if fresh is None or not has_tries or self._reply.has_output:
            return failure
        again = await self._call(target, fresh)
        if isinstance(again, Skipped):
            return failure
        if again and again.kind is FailureClass.AUTH:
            await auth.note_rejected(fresh, again.message)
        if again is None and self._request.conversation is not None:
            self._services.affinity.note_answer(target.candidate, self._request.conversation)
        return again

    async def _call(self, target: Target, key: ApiKey | None) -> Failure | Skipped | None:
        """Make one call; return how it failed, None if it came to its proper end.

        Other requests may have been served since the plan: then there may be no room for this one
        any more.
        """
        services, candidate = self._services, target.candidate
        if self._request.stream:
            # Before anything is reserved: a client that does not read must not hold up others.
            await self._send((notice(candidate, "trying"),))
        charge = self._begin(target)
        if isinstance(charge, Skipped):
            return charge
        attempt = ProviderAttempt(services, target, key, charge, self._caller)
        self._reply = attempt.reply
        try:
            failure = await attempt.run(self._request, self._send, self._deadline)
        finally:
            # Even if it was cancelled: the error has what there is of it.
            if attempt.record is not None:
                self._attempts.append(attempt.record)
            self._cost = attempt.cost
            if not attempt.was_sent and not candidate.is_last_resort:
                services.provider_client.cooldowns.give_back(*target.scope)
        if failure is None and key:
            services.auth.note_accepted(key)
        return failure

    def _begin(self, target: Target) -> PendingCharge | Skipped:
        """Take what the plan saw: the probe if the call is one, and room under the limits."""
        candidate = target.candidate
        cooldowns = self._services.provider_client.cooldowns
        if candidate.is_last_resort:
            self._forget_skip(candidate)
        elif not cooldowns.is_calm and not cooldowns.try_probe(*target.scope):
            cooling = cooldowns.cooling(*target.scope)
            if cooling is not None:  # else it has just ended
                return candidate.skipped(cooling.reason, cooling.message, cooling.until)
        charge = self._services.accounting.begin(candidate, self._caller, self._requirements)
        if isinstance(charge, Limited):
            if not candidate.is_last_resort:  # which takes no probe
                cooldowns.give_back(*target.scope)
            return over_limit(candidate, charge)
        return charge

    def _give_up(self, failure: Failure) -> NoReturn:
        if self._reply.has_output:
            raise chat_errors.broke_off(failure, self._reply, self._attempts, self._skipped)
        raise chat_errors.request_refused(failure, self._attempts, self._skipped)

    # ---------------------------------------------------------- skips and the result

    async def _note_skip(self, skipped: Skipped) -> None:
        """Record why a candidate is skipped, once: a last resort has its reason already."""
        name = (skipped.provider, skipped.model, skipped.key)
        if name in self._skips:
            return
        self._skips[name] = skipped
        if self._request.stream:
            await self._send((_skip_notice(skipped, "skipped"),))

    def _forget_skip(self, candidate: Candidate) -> None:
        """Remove the record of a candidate that is called after all."""
        self._skips.pop((candidate.provider.name, candidate.model.id, candidate.key), None)

    @property
    def _skipped(self) -> list[Skipped]:
        return list(self._skips.values())

    def _result(self, target: Target) -> ChatResult:
        ending = self._reply.ending
        assert ending is not None
        provider, _, model = target.scope
        return ChatResult(
            message=self._reply.message(target.origin),
            finish=ending.finish,
            usage=ending.usage,
            cost=self._cost,
            provider=provider,
            model=model,
            attempts=self._attempts,
            skipped=self._skipped if self._skips else [],
        )

    def __repr__(self) -> str:
        return f"<FallbackRunner for {self._caller.client}, {len(self._attempts)} attempts>"


def _is_cancelled(error: BaseException) -> bool:
    """Whether nothing but a cancellation happened: inside a nursery it comes as a group."""
    if isinstance(error, BaseExceptionGroup):
        return error.split(trio.Cancelled)[1] is None
    return isinstance(error, trio.Cancelled)


def _skip_notice(skip: Skipped, outcome: str, *, ms: int | None = None) -> AttemptDelta:
    return AttemptDelta(
        provider=skip.provider,
        model=skip.model or "",
        key=skip.key,
        outcome=outcome,
        ms=ms,
        message=skip.message,
        until=skip.until,
    )
