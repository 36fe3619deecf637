"""Runs one request: tries the candidates of its plan in order.

    usual first choice ─> call ─> result                       most requests
    plan ─> for each candidate: get_api_key ─> call ─> result
                         │                      failed before any output: next candidate
                         no key: skip
            none left: wait for room under a limit that calls in progress have reserved
                       wait for a cooldown if the request allows it, else one error names them all

Output is never buffered. After the first piece of output nothing is retried: halves of two replies
do not make one answer. An HTTP client cannot drop thinking either, so for it that counts as well.
"""

import math
from typing import TYPE_CHECKING, NoReturn

import msgspec
import trio

from aircherd.chat import chat_errors
from aircherd.chat.accounting import PendingCharge
from aircherd.chat.attempt import ProviderAttempt, attempt_notice, skip_notice
from aircherd.chat.caller import Caller, RequestScope, Send
from aircherd.chat.first_choice import find_first_choice, keep_first_choice
from aircherd.chat.live_state import LiveRoutingState
from aircherd.chat.replies.reply import Reply
from aircherd.chat.request.requirements import requirements_of
from aircherd.chat.route_cache import Target
from aircherd.chat.services import ChatServices
from aircherd.chat.spending.limit_queue import MAX_SECONDS, first_pending
from aircherd.chat.waiting import CandidateName, Pause, earliest_return, shortest_pause
from aircherd.config.model import Config
from aircherd.errors import NotAuthenticated
from aircherd.memory.request_memory import RequestMemory
from aircherd.routing.candidate import Candidate
from aircherd.routing.failure_scope import SCOPE_BY_FAILURE, Exclusions, FailureScope
from aircherd.routing.filters import skip_by_limit
from aircherd.routing.plan import Plan, RouteQuery, make_plan, names_of
from aircherd.routing.resolver import keyless_providers
from aircherd.usage.limits.reservation import GrantNeeded
from aircherd.vocabulary.attempt import Attempt, ChatResult, Skipped
from aircherd.vocabulary.availability import Limited
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.keys import ApiKey

if TYPE_CHECKING:
    from aircherd.providers.verbatim.passage import Passage

LIST_SECONDS = 2.0
"""How long a request without a candidate waits for the model list of a local server."""

GRANTS_SECONDS = 10.0
"""How long a request waits for grants of several shared limits that others take from each other."""

_NO_REPLY = Reply()
"""The reply before the first call. Nothing is added to it."""


class FallbackRunner:
    """Runs one request, with the configuration that was current when it started."""

    _turn: str | None = None
    """The limit that this request has waited for, if it has its turn."""
    _passage: "Passage | None" = None
    """What an HTTP client sent."""

    def __init__(
        self,
        services: ChatServices,
        config: Config,
        request: ChatRequest,
        caller: Caller,
        send: Send,
        *,
        memory: RequestMemory,
    ) -> None:
        self._services = services
        self._config = config
        self._request = request
        self._caller = caller
        self._send = send
        self._memory = memory
        self._requirements = requirements_of(request)
        self._attempts: list[Attempt] = []
        self._skips: dict[CandidateName, Skipped] = {}  # in the order of the plan
        self._exclusions: Exclusions | None = None  # created by the first failure
        self._reply = _NO_REPLY
        self._cost: str | None = None
        self._empty: ChatResult | None = None  # the first reply with nothing in it
        self._deadline = math.inf
        self._may_wait = request.wait

    def carry(self, passage: "Passage") -> None:
        """Answer an HTTP client: with the provider's own bytes where it speaks the client's API."""
        from aircherd.chat.request.passages import requirements_for  # noqa: PLC0415 - by HTTP only

        self._passage = passage
        self._requirements = requirements_for(
            passage, self._requirements, has_limits=bool(self._config.limits)
        )

    async def run(self, scope: RequestScope) -> ChatResult:
        """Return the answer; set the deadline on `scope`.

        Nothing may be awaited in `scope` afterwards.

        Raises:
            UnknownModel, BadRequest: the request names what does not exist.
            ChatFailed: no provider could answer, or the stream broke off.
        """
        target = find_first_choice(
            self._services, self._config, self._request, self._requirements, self._caller
        )
        plan = None if target else await self._make_plan()
        seconds = self._request.timeout or self._config.network.request_timeout
        scope.deadline = self._deadline = self._services.now() + seconds
        try:
            if target is not None:
                result = await self._try(target)
                if result is not None:
                    return result
            return await self._run_plan(plan or await self._make_plan(), target)
        except (trio.Cancelled, BaseExceptionGroup) as error:
            if trio.current_time() < self._deadline or not _is_only_cancelled(error):
                raise  # cancelled by the client, which may be gone; or another error
        raise chat_errors.timed_out(seconds, self._reply, self._attempts, self._skipped)

    # ---------------------------------------------------------- the plan

    async def _make_plan(self) -> Plan:
        """Return the plan; wait for the lists of local servers if nothing else is available."""
        plan = self._make_plan_now()
        if self._request.model or self._config.default_model or plan.candidates:
            return plan
        # Local servers have no default model, so their lists are needed.
        if self._services.fetch_model_lists is not None:
            with trio.move_on_after(LIST_SECONDS):
                await self._services.fetch_model_lists(keyless_providers(self._config))
        return self._make_plan_now()

    def _make_plan_now(self) -> Plan:
        request, requirements = self._request, self._requirements
        query = RouteQuery(
            model=request.model,
            options=request.route,
            requirements=requirements,
            conversation=request.conversation,
        )
        state = LiveRoutingState(self._services, requirements, self._caller)
        return make_plan(query, self._config, state)

    async def _run_plan(self, plan: Plan, tried: Target | None) -> ChatResult:
        """Try the candidates, then wait for one if the request allows it.

        `tried` has already been called.
        """
        while True:
            result = await self._try_candidates(plan, tried)
            if result is not None:
                return result
            if self._empty is not None:
                return msgspec.structs.replace(self._empty, skipped=self._skipped)
            result = await self._wait_for_room(plan)
            if result is not None:
                return result
            await self._wait_for_candidate(plan)
            tried = None

    async def _try_candidates(self, plan: Plan, tried: Target | None) -> ChatResult | None:
        """Go through the plan once; return None if no candidate answered."""
        for number, step in enumerate(plan.steps()):
            if tried is not None and names_of(step) == tried.names:
                continue
            skipped = step if isinstance(step, Skipped) else self._check_attempts(step)
            if skipped is not None:
                await self._note_skip(skipped)
                continue
            assert isinstance(step, Candidate)
            target = self._services.routes.target(step, self._config)
            if not number and self._may_wait == self._request.wait:  # the plan is new
                keep_first_choice(self._services, self._config, self._request, plan, target)
            result = await self._try(target)
            if result is not None:
                return result
        return None

    async def _wait_for_room(self, plan: Plan) -> ChatResult | None:
        """While calls in progress have reserved all of a limit, wait for them and try again."""
        queue = self._services.accounting.queue
        give_up_at = min(trio.current_time() + max(self._request.wait, MAX_SECONDS), self._deadline)
        while (found := self._pending_limit(plan)) is not None:
            candidate, limit = found
            if limit != self._turn:
                self._pass_turn()
            seconds = give_up_at - trio.current_time()
            if seconds <= 0:
                break
            if self._request.stream:
                await self._send((skip_notice(candidate, "waiting", ms=round(seconds * 1000)),))
            self._turn = limit
            try:
                await queue.wait(limit, seconds)
                self._skips.clear()
                result = await self._try_candidates(plan, None)
            except BaseException:
                self._pass_turn()
                raise
            if result is not None:
                return result
        self._pass_turn()
        return None

    def _pending_limit(self, plan: Plan) -> tuple[Skipped, str] | None:
        """Return the first candidate that has room when a call in progress ends, and the limit."""
        if len(self._attempts) >= self._config.fallback.max_attempts:
            return None
        services, caller, requirements = self._services, self._caller, self._requirements

        def room_for(name: str, key: str | None, model: str) -> Limited | None:
            found = services.catalog.find(self._config.providers[name], model)
            return services.accounting.room_for(caller, name, key, found, requirements)

        return first_pending(plan.steps(), room_for)

    def _pass_turn(self) -> None:
        """Let the next request that waits for the same limit try: this one took room, or left."""
        limit, self._turn = self._turn, None
        if limit is not None:
            self._services.accounting.queue.wake_next(limit)

    async def _wait_for_candidate(self, plan: Plan) -> None:
        """Wait for the first candidate that is back, if the request allows it, else raise."""
        pause = self._pause(plan)
        if pause is None:
            until = earliest_return(plan, self._skips)
            raise chat_errors.all_failed(self._attempts, self._skipped, until=until)
        self._may_wait -= pause.seconds
        if self._request.stream:
            milliseconds = round(pause.seconds * 1000)
            await self._send((skip_notice(pause.candidate, "waiting", ms=milliseconds),))
        await trio.sleep(pause.seconds)
        self._skips.clear()
        if self._exclusions is not None:
            self._exclusions.forget_temporary()

    def _pause(self, plan: Plan) -> Pause | None:
        if len(self._attempts) >= self._config.fallback.max_attempts:
            return None
        left = min(self._may_wait, self._deadline - trio.current_time())
        return shortest_pause(plan, self._services.clock(), left)

    # ---------------------------------------------------------- one candidate

    def _check_attempts(self, candidate: Candidate) -> Skipped | None:
        """Return why this request's attempts so far rule out `candidate`, None if they do not."""
        if not self._attempts:
            return None
        if len(self._attempts) >= self._config.fallback.max_attempts:
            return self._too_many_attempts(candidate)
        return self._exclusions.check(candidate) if self._exclusions else None

    def _too_many_attempts(self, candidate: Candidate) -> Skipped:
        """Return the skip after the last attempt; it names the key if another key was tried."""
        called = [f"{attempt.provider}/{attempt.model}" for attempt in self._attempts]
        key = f" (key {candidate.key})" if candidate.key and candidate.origin in called else ""
        message = f"{candidate.origin}{key} was not tried: {len(called)} attempts were made"
        return candidate.skipped(self._attempts[-1].outcome, f"{message} (fallback.max_attempts)")

    async def _try(self, target: Target) -> ChatResult | None:
        """Call one candidate; return None to try the next one."""
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
        if key and (failure.kind is FailureClass.AUTH or failure.denies_access):
            again = await self._call_with_new_key(target, key, failure)
            if again is None:
                return self._result(target)
            failure = again
        if self._reply.is_final or SCOPE_BY_FAILURE[failure.kind] is FailureScope.REQUEST:
            self._raise_final(failure)
        if self._reply.is_empty and self._empty is None:
            # Better than an error if no other one answers: a model may have nothing to add.
            self._empty = msgspec.structs.replace(self._result(target), empty=True)
        self._exclusions = self._exclusions or Exclusions()
        self._exclusions.add(candidate, failure)
        return None

    async def _call_with_new_key(
        self, target: Target, key: ApiKey, failure: Failure
    ) -> Failure | None:
        """Retry once if the refused key's source has a new key; return the failure."""
        auth = self._services.auth
        if failure.kind is FailureClass.AUTH:
            fresh = await auth.note_rejected(key, failure.message)
        else:
            fresh = await auth.note_denied(key)
        has_tries = len(self._attempts) < self._config.fallback.max_attempts
        if fresh is None or not has_tries or self._reply.is_final:
            return failure
        again = await self._call(target, fresh)
        if isinstance(again, Skipped):
            return failure
        if again and again.kind is FailureClass.AUTH:
            await auth.note_rejected(fresh, again.message, may_read=False)
        if again is None and self._request.conversation is not None:
            self._services.affinity.note_answer(target.candidate, self._request.conversation)
        return again

    async def _call(self, target: Target, key: ApiKey | None) -> Failure | Skipped | None:
        """Make one call; return how it failed or why it is skipped, None if it succeeded.

        Limits and probes are checked again here, because other requests may have run since the plan
        was made.
        """
        services, candidate = self._services, target.candidate
        if self._request.stream:
            # Sent before anything is reserved: a client that does not read must not block others.
            await self._send((attempt_notice(candidate, "trying"),))
        may_call = self._may_call(target, key)
        if may_call is None:
            may_call = await services.provider_client.cooldowns.take_probe(*target.names)
        charge = self._reserve(target, may_call=may_call)
        give_up_at = trio.current_time() + GRANTS_SECONDS
        while isinstance(charge, GrantNeeded):
            charge = await self._reserve_in_turn(target, charge, give_up_at)
        if isinstance(charge, Skipped):
            return charge
        attempt = ProviderAttempt(services, target, key, charge, self._caller, memory=self._memory)
        self._reply = attempt.reply
        try:
            failure = await attempt.run(self._request, self._send, self._deadline, self._passage)
        finally:
            # Even after a cancellation: the error contains the attempt.
            if attempt.record is not None:
                self._attempts.append(attempt.record)
            self._cost = attempt.cost
            if not attempt.was_sent and not candidate.is_last_resort:
                services.provider_client.cooldowns.give_back(*target.names)
        if failure is None and key:
            services.auth.note_accepted(key)
        return failure

    def _may_call(self, target: Target, key: ApiKey | None) -> bool | None:
        """Take the probe if the call is one; None: other machines may have to be asked."""
        cooldowns = self._services.provider_client.cooldowns
        if cooldowns.fleet is not None and key is not None:
            cooldowns.fleet.note_key(target.candidate.provider, key)
        if cooldowns.is_calm or target.candidate.is_last_resort:
            return True
        return cooldowns.try_probe(*target.names) if cooldowns.fleet is None else None

    def _reserve(self, target: Target, *, may_call: bool) -> PendingCharge | Skipped | GrantNeeded:
        """Reserve under the limits if nothing cools; else return the skip."""
        candidate = target.candidate
        if candidate.is_last_resort:
            self._forget_skip(candidate)
        elif not may_call:
            cooling = self._services.provider_client.cooldowns.cooling(*target.names)
            if cooling is not None:  # else the cooldown has just ended
                return candidate.skipped(cooling.reason, cooling.message, cooling.until)
        return self._begin(target)

    async def _reserve_in_turn(
        self, target: Target, needed: GrantNeeded, give_up_at: float
    ) -> PendingCharge | Skipped | GrantNeeded:
        """Wait until the fleet's engine has granted what is needed, and reserve it.

        Without room for all that it may use, it may still go out alone, with what it needs at
        least. If the call is a probe, it stays so meanwhile. Nothing more is waited for after
        `give_up_at`.
        """
        accounting = self._services.accounting
        try:
            refused = await accounting.wait_for_grant(needed)
        except BaseException:
            self._give_probe_back(target)
            raise
        charge = self._begin(target, has_turn=True)
        if not isinstance(charge, GrantNeeded):
            return charge
        may_come = refused is None or charge.is_less_than(needed)
        if may_come and trio.current_time() < give_up_at:
            return charge
        self._give_probe_back(target)
        refused = refused or accounting.grant_refusal(charge)
        return skip_by_limit(target.candidate, refused, self._requirements)

    def _begin(
        self, target: Target, *, has_turn: bool = False
    ) -> PendingCharge | Skipped | GrantNeeded:
        candidate = target.candidate
        charge = self._services.accounting.begin(
            candidate, self._caller, self._requirements, has_turn=has_turn
        )
        if isinstance(charge, Limited):
            self._give_probe_back(target)
            return skip_by_limit(candidate, charge, self._requirements)
        if self._turn is not None and isinstance(charge, PendingCharge):
            self._pass_turn()
        return charge

    def _give_probe_back(self, target: Target) -> None:
        if not target.candidate.is_last_resort:  # a last resort takes no probe
            self._services.provider_client.cooldowns.give_back(*target.names)

    def _raise_final(self, failure: Failure) -> NoReturn:
        if self._reply.is_final:
            raise chat_errors.interrupted(failure, self._reply, self._attempts, self._skipped)
        raise chat_errors.request_rejected(failure, self._attempts, self._skipped)

    # ---------------------------------------------------------- skips and the result

    async def _note_skip(self, skipped: Skipped) -> None:
        """Record and report a skip, once: a last resort is in the plan twice."""
        name = (skipped.provider, skipped.model, skipped.key)
        if name in self._skips:
            return
        self._skips[name] = skipped
        if self._request.stream:
            await self._send((skip_notice(skipped, "skipped"),))

    def _forget_skip(self, candidate: Candidate) -> None:
        """Remove the record of a candidate that is now called."""
        self._skips.pop((candidate.provider.name, candidate.model.id, candidate.key), None)

    @property
    def _skipped(self) -> list[Skipped]:
        return list(self._skips.values())

    def _result(self, target: Target) -> ChatResult:
        ending = self._reply.ending
        assert ending is not None
        provider, _, model = target.names
        return ChatResult(
            message=self._reply.message(target.origin),
            finish=ending.finish,
            usage=ending.usage,
            cost=self._cost,
            provider=provider,
            model=model,
            attempts=self._attempts,
            skipped=self._skipped if self._skips else [],
            answered_by=self._reply.answered_by or msgspec.UNSET,
        )

    def __repr__(self) -> str:
        return f"<FallbackRunner for {self._caller.client}, {len(self._attempts)} attempts>"


def _is_only_cancelled(error: BaseException) -> bool:
    """Return whether `error` is a cancellation; a nursery wraps it in a group."""
    if isinstance(error, BaseExceptionGroup):
        return error.split(trio.Cancelled)[1] is None
    return isinstance(error, trio.Cancelled)
