"""Keeps the cooldowns of this machine and of its fleet the same.

    here     a change ─> outbox ─> the engine, at once
    there    a message that something has changed, or a second has passed ─> ask what has changed

Messages only wake: they may be lost, come twice or come late, so what is believed is the answer to
a question, which has the times of now. Where the engine has lost everything, or this machine has
just come, the answer is all that cools, and what it lacks of this machine's is sent again.

Nothing here makes a request wait, except for the right to probe: see `claim`. While the engine is
away, each machine goes on by what it knows.
"""

import math
import secrets
from collections.abc import Callable, Mapping

import msgspec
import structlog
import trio

from aircherd.config.model import Provider
from aircherd.events import EventBus
from aircherd.providers.error_mapping.delays.moments import MAX_DELAY
from aircherd.providers.health.clocks import CLOCKS, Clocks
from aircherd.providers.health.cooldowns import CooldownManager
from aircherd.providers.health.fleet.contents import (
    CooldownContent,
    cooldown_content,
    learned_cooldown,
    left_content,
    read_cooldown,
    read_left,
)
from aircherd.providers.health.fleet.outbox import Outbox, Pending
from aircherd.providers.health.fleet.scopes import LEFT, SHARED, KeysOf, Place, Scopes
from aircherd.routing.cooldown_policy import SAME_SECONDS, Cooldown
from aircherd.shared_state.base import SharedCooldown, SharedState, SharedStateError
from aircherd.shared_state.names import SECRET_BYTES, Names
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.keys import ApiKey
from aircherd.vocabulary.secret import Secret

POLL_SECONDS = 1.0
"""Between two questions while no message comes."""

MIN_PAUSE, MAX_PAUSE, PAUSES = 0.02, 0.3, 10
"""Seconds between an answer and the next question, so that changes that come at once are one
answer: so many times as long as it took, that a busy or distant engine is asked less often."""

AT_ONCE = 32
"""Scopes that are sent together."""

FAILED_SECONDS = 30.0
"""After an internal error."""

CLAIM_SECONDS = 0.1
"""How long a request waits for the right to probe; then it decides by what is known here."""

LEFT_PAUSE = 0.95
"""What is left of keys is sent once a second at most; rounds do not come at exact times."""

LEFT_SECONDS = 600.0
"""How long what is left of a key is kept. The same for all, so that the latest is kept."""

MAX_RECORDS = 10_000
"""Cooldowns of the fleet that are kept for keys that may come."""

MAX_MISSING, MAX_OF_MODELS = 200, 1000
"""How many cooldowns of models the fleet may have until no more are sent; fewer for models that do
not exist, since clients may make up names. Beyond, each machine finds out by itself."""

log = structlog.get_logger()


class _Record(msgspec.Struct, frozen=True):
    """A cooldown of the fleet, in ticks of this machine."""

    content: CooldownContent
    since: float
    until: float


class FleetCooldowns:
    """See the module. `run` sends and receives; all else is called by `CooldownManager`."""

    def __init__(
        self,
        state: SharedState,
        cooldowns: CooldownManager,
        *,
        label: str,
        providers: Callable[[], Mapping[str, Provider]],
        keys_of: KeysOf,
        clocks: Clocks = CLOCKS,
    ) -> None:
        self._state = state
        self._cooldowns = cooldowns
        self._machine = secrets.token_hex(8)  # who claims a probe, for as long as this runs
        self._label = label
        self._providers = providers
        self._keys_of = keys_of
        self._clocks = clocks
        self._secret: bytes | None = None
        self._scopes: Scopes | None = None  # None until the engine has answered
        self._are_keys_new = True
        self._records: dict[str, _Record] = {}
        self._outbox = Outbox()
        self._sent: dict[str, float] = {}  # and until which tick it cools
        self._left: set[Place] = set()
        self._left_sent_at = -math.inf
        self._released: set[str] = set()
        self._claimed: dict[str, float] = {}
        self._version = ""
        self._woken = trio.Event()
        self._has_news = True
        self._asked_at = self._may_ask_at = -math.inf
        self.problem: str | None = None

    # -------------------------------------------------------------- what happens here

    def note_cooling(self, provider: Provider, cooldown: Cooldown, key: Secret | None) -> None:
        """A scope of a provider began to cool, or cools for longer; `key` was refused."""
        scope = self._scope(provider, cooldown, key)
        if scope is not None and self._has_room(scope, cooldown):
            self._put(scope, Pending(cooldown=cooldown))

    def note_end(self, provider: str, cooldown: Cooldown, began: float | None) -> None:
        """A cooldown is over early, by what began at this tick; None: by what happens now."""
        scope = self._scope_here(provider, cooldown)
        if scope is not None:
            self._records.pop(scope, None)
            self._put(scope, Pending(cleared_at=self._clocks.ticks() if began is None else began))

    def note_left(self, provider: str, key: str | None) -> None:
        """A response said what is left of a key. It is sent with the next round that comes."""
        if key is not None:
            self._left.add((provider, key))

    def note_returned(self, provider: str, cooldown: Cooldown) -> None:
        """A probe showed nothing: another machine may probe, if this one had the right to."""
        scope = self._scope_here(provider, cooldown)
        if scope in self._claimed:
            self._release(scope)

    def note_key(self, provider: Provider, key: ApiKey) -> None:
        """A request is about to use this key. On the way of each request."""
        scopes = self._scopes
        if scopes is None:
            return
        if self._are_keys_new or not scopes.has(provider.name, key.name, key.secret):
            self._learn_all()
            scopes.note_seen(provider.name, key.name, key.secret)

    async def claim(self, provider: str, cooldown: Cooldown, seconds: float) -> bool:
        """Return whether this machine may probe a scope, for at most so many seconds.

        If the engine does not answer soon, it may: then each machine probes by itself.
        """
        scope = self._scope_here(provider, cooldown)
        if scope is None:
            return True
        may_probe = None
        if scope in self._released:  # the engine has not let another machine have it yet
            self._released.discard(scope)
            return self._keep_claim(scope, seconds)
        try:
            with trio.move_on_after(CLAIM_SECONDS):
                may_probe = await self._state.claim_probe(scope, self._machine, seconds)
        except SharedStateError:
            return True
        except trio.Cancelled:
            self._release(scope)  # the engine may have got it
            raise
        return may_probe is not False and self._keep_claim(scope, seconds)

    def _keep_claim(self, scope: str, seconds: float) -> bool:
        now = self._clocks.ticks()
        self._claimed = {each: end for each, end in self._claimed.items() if end > now}
        self._claimed[scope] = now + seconds
        return True

    def _scope(self, provider: Provider, cooldown: Cooldown, key: Secret | None) -> str | None:
        if self._scopes is None or cooldown.kind not in SHARED:
            return None
        return self._scopes.of(provider.origin, key, cooldown.scope)

    def _scope_here(self, name: str, cooldown: Cooldown) -> str | None:
        """Return the shared scope of a cooldown, by the key that has its name now."""
        provider = self._providers().get(name)
        if provider is None:
            return None
        return self._scope(provider, cooldown, self._key(provider, cooldown.key))

    def _key(self, provider: Provider, name: str | None) -> Secret | None:
        if name is None:
            return None
        return next((key for label, key in self._keys_of(provider) if label == name), None)

    def _has_room(self, scope: str, cooldown: Cooldown) -> bool:
        if cooldown.model is None or scope in self._records:
            return True
        most = MAX_MISSING if cooldown.kind is FailureClass.MODEL else MAX_OF_MODELS
        return len(self._records) + len(self._outbox) < most

    def _put(self, scope: str, pending: Pending) -> None:
        self._outbox.put(scope, pending)
        self._woken.set()

    def _release(self, scope: str) -> None:
        self._claimed.pop(scope, None)
        self._released.add(scope)
        self._woken.set()

    # -------------------------------------------------------------- rounds

    async def run(self, bus: EventBus) -> None:
        """Send and receive; never returns. An engine that is away changes nothing here."""
        self._cooldowns.fleet = self
        try:
            with (
                bus.subscribed_inside("auth", lambda _: self._note_places()),
                bus.subscribed_inside("config", lambda _: self._note_places()),
            ):
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._listen)
                    while True:
                        await self._round()
        finally:
            if self._cooldowns.fleet is self:
                self._cooldowns.fleet = None

    async def _round(self) -> None:
        """Send what there is, ask if it is time, and wait until there is something to do."""
        self._woken = trio.Event()
        try:
            await self._send()
            if trio.current_time() >= self._ask_time():
                await self._ask_timed()
        except SharedStateError as error:
            self._note_problem(error.message)
            await trio.sleep(POLL_SECONDS)
            return
        except Exception as error:  # a boundary: no answer of an engine may stop the daemon
            log.exception("cooldown_exchange_failed")
            self._note_problem(f"internal error: {type(error).__name__}")
            await trio.sleep(FAILED_SECONDS)
            return
        self._note_problem(None)
        with trio.move_on_at(self._ask_time()):
            await self._woken.wait()

    def _ask_time(self) -> float:
        """Return when to ask: soon if there is news, or what was sent is to be confirmed."""
        return self._may_ask_at if self._has_news or self._sent else self._asked_at + POLL_SECONDS

    async def _ask_timed(self) -> None:
        self._has_news, began = False, trio.current_time()
        try:
            await self._ask()
        except BaseException:
            self._has_news = True
            raise
        self._asked_at = now = trio.current_time()
        self._may_ask_at = now + min(max(PAUSES * (now - began), MIN_PAUSE), MAX_PAUSE)

    async def _listen(self) -> None:
        """Have a round whenever another machine has learned something."""
        while True:
            try:
                async with self._state.changes() as changes:
                    self._note_news()  # there may have been some before
                    async for _ in changes:
                        self._note_news()
            except SharedStateError as error:
                log.debug("no_messages", reason=error.message)
            await trio.sleep(POLL_SECONDS)

    def _note_problem(self, reason: str | None) -> None:
        """Log once that cooldowns are no longer shared, and that they are again."""
        if reason is not None and self.problem is None:
            log.warning("cooldowns_not_shared", reason=reason)
        elif reason is None and self.problem is not None:
            log.info("cooldowns_shared")
        self.problem = reason

    def _note_news(self) -> None:
        self._has_news = True
        self._woken.set()

    def _note_places(self) -> None:
        """Keys or providers have changed."""
        self._are_keys_new = True
        self._note_news()

    # -------------------------------------------------------------- sending

    async def _send(self) -> None:
        while self._released:
            scope = self._released.pop()
            await self._state.release_probe(scope, self._machine)
        while len(self._outbox):
            await self._send_some()
        await self._send_left()

    async def _send_some(self) -> None:
        errors: list[SharedStateError] = []
        async with trio.open_nursery() as nursery:
            for _ in range(min(AT_ONCE, len(self._outbox))):
                nursery.start_soon(self._send_first, errors)
        if errors:
            raise errors[0]

    async def _send_first(self, errors: list[SharedStateError]) -> None:
        scope, pending = self._outbox.take()
        try:
            await self._send_one(scope, pending)
        except SharedStateError as error:
            self._outbox.put_back(scope, pending)
            errors.append(error)
        except BaseException:
            self._outbox.put_back(scope, pending)
            raise

    async def _send_one(self, scope: str, pending: Pending) -> None:
        now = self._clocks.ticks()
        if pending.cleared_at is not None:
            age = max(now - pending.cleared_at, 0.0)
            cleared = SharedCooldown(scope=scope, left=0.0, age=age)
            await self._state.cool(cleared, self._machine)
        cooldown = pending.cooldown
        if cooldown is None or cooldown.until <= now:
            return
        content = cooldown_content(cooldown, self._label)
        if content is not None:
            age, left = max(now - cooldown.since, 0.0), cooldown.until - now
            shared = SharedCooldown(scope=scope, left=left, age=age, content=content)
            await self._state.cool(shared, self._machine)
            self._sent[scope] = cooldown.until

    async def _send_left(self) -> None:
        """Send what is left of keys, at most once a second."""
        now = self._clocks.ticks()
        is_early = now < self._left_sent_at + LEFT_PAUSE
        if self._scopes is None or not self._left or is_early:
            return
        self._left_sent_at = now
        places, self._left = self._left, set()
        for name, key in places:
            provider = self._providers().get(name)
            state = self._cooldowns.rate_limit(name, key)
            if provider is None or state is None:
                continue
            head = self._scopes.of_key(provider.origin, self._key(provider, key))
            if head is None:
                continue
            age = max(self._clocks.wall() - state.seen_at, 0.0)
            shared = SharedCooldown(
                scope=head + LEFT, left=LEFT_SECONDS, age=age, content=left_content(state)
            )
            await self._state.cool(shared, self._machine)

    # -------------------------------------------------------------- receiving

    async def _ask(self) -> None:
        found = await self._state.cooldowns(self._version)
        answered = self._clocks.ticks()
        if found.is_whole:
            await self._start_over()
        if self._are_keys_new:
            self._learn_all()
        for shared in found.cooldowns:
            self._take(shared, answered, is_whole=found.is_whole)
        if found.is_whole:
            self._offer_all()
        else:
            self._end_refused(answered)
        self._sent.clear()
        self._version = found.version
        self._drop_some(answered)

    async def _start_over(self) -> None:
        """Forget what the engine said before it lost everything, or before this machine came."""
        proposed = self._secret or secrets.token_bytes(SECRET_BYTES)
        secret = await self._state.secret(proposed)
        if secret != self._secret:
            self._secret, self._scopes = secret, Scopes(Names(secret))
            self._outbox.clear()
            self._are_keys_new = True
        self._records.clear()

    def _take(self, shared: SharedCooldown, answered: float, *, is_whole: bool) -> None:
        """Believe what the fleet says of a scope, which was true just before the answer came."""
        age, left = max(shared.age, 0.0), min(shared.left, MAX_DELAY)
        if shared.scope.endswith(LEFT):
            self._take_left(shared, age)
        elif left <= 0:
            self._records.pop(shared.scope, None)
            if not self._outbox.is_cooling(shared.scope):
                self._end(shared.scope, answered - age if is_whole else math.inf)
        elif content := read_cooldown(shared.content):
            record = _Record(content, answered - age, answered + left)
            if not self._outbox.is_cleared(shared.scope, record.since):
                self._records[shared.scope] = record
                if not is_whole and not self._outbox.is_cooling(shared.scope):
                    # The engine keeps the later end: so what ends later here was cleared before.
                    self._end(shared.scope, math.inf, record.until + SAME_SECONDS)
                self._learn(shared.scope, record)
        else:
            log.debug("cooldown_not_understood", scope=shared.scope)

    def _take_left(self, shared: SharedCooldown, age: float) -> None:
        state = read_left(shared.content, self._clocks.wall() - age)
        if state is None or self._scopes is None:
            return
        for name, key in self._scopes.places(shared.scope):
            self._cooldowns.learn_left(name, key, state)

    def _learn(self, scope: str, record: _Record) -> None:
        assert self._scopes is not None
        content, providers = record.content, self._providers()
        if content.kind not in SHARED or not self._scopes.is_about(scope, content.model):
            return
        for name, key in self._scopes.places(scope):
            if (key is not None) == ("key" in content.of) and name in providers:
                cooldown = learned_cooldown(content, key, since=record.since, until=record.until)
                self._cooldowns.learn(providers[name], cooldown)

    def _learn_all(self) -> None:
        """Apply what cools to the providers and keys that there are now."""
        if self._scopes is None:
            return
        self._are_keys_new = False
        self._scopes.set_places(self._providers(), self._keys_of)
        now = self._clocks.ticks()
        for scope, record in self._records.items():
            if record.until > now:
                self._learn(scope, record)

    def _end(self, scope: str, cleared_at: float, until: float = -math.inf) -> None:
        """End what began before the tick `cleared_at`, and ends after the tick `until`.

        What began here since the last answer is in the outbox, or the engine knows it and has
        judged: clocks need not be compared. Only a machine that has just come has to.
        """
        assert self._scopes is not None
        for name, key in self._scopes.places(scope):
            for cooldown in self._cooldowns.store.of(name):
                is_of_key = (key is not None) == ("key" in cooldown.scope_kind)
                if (
                    is_of_key
                    and cooldown.key == key
                    and cooldown.kind in SHARED
                    and cooldown.since <= cleared_at
                    and cooldown.until > until
                    and self._scopes.is_about(scope, cooldown.model)
                ):
                    self._cooldowns.store.drop(name, cooldown.scope)

    def _end_refused(self, answered: float) -> None:
        """End what was sent and is not kept: it was cleared by what happened since, elsewhere."""
        for scope, until in self._sent.items():
            is_kept = scope in self._records or self._outbox.is_cooling(scope)
            if until > answered and not is_kept:
                self._end(scope, math.inf)

    def _offer_all(self) -> None:
        """Send again what cools here and, by the whole answer, not or not as long for the fleet."""
        now = self._clocks.ticks()
        for name, _, cooldown in self._cooldowns.store.cooldowns():
            if cooldown.until <= now:
                continue
            scope = self._scope_here(name, cooldown)
            record = self._records.get(scope) if scope else None
            is_longer = record is None or cooldown.until > record.until + SAME_SECONDS
            if scope and is_longer and self._has_room(scope, cooldown):
                self._put(scope, Pending(cooldown=cooldown))

    def _drop_some(self, now: float) -> None:
        """Forget what is over, and if that is not enough, what ends first."""
        kept = {scope: each for scope, each in self._records.items() if each.until > now}
        if len(kept) > MAX_RECORDS:
            by_end = sorted(kept.items(), key=lambda item: -item[1].until)
            kept = dict(by_end[:MAX_RECORDS])
        self._records = kept

    def __repr__(self) -> str:
        state = "away" if self.problem else f"{len(self._records)} known"
        return f"<FleetCooldowns {state}, {len(self._outbox)} to send>"
