"""Chats with scripted providers, in virtual time.

Controller, plan, cooldowns and limits are the real ones. Create the objects inside trio.
"""

from collections.abc import Callable, Sequence

import msgspec
import trio

from aircherd.catalog.catalog import Catalog
from aircherd.chat.accounting import UsageAccounting
from aircherd.chat.caller import Caller
from aircherd.chat.controller import ChatController
from aircherd.config.model import Alias, Config, Network, Provider, Route
from aircherd.errors import ChatFailed, KeyRejected, KeyringLocked, ProviderFailed
from aircherd.events import EventBus
from aircherd.memory.request_memory import RequestMemory, uncounted
from aircherd.providers.call_target import CallTarget
from aircherd.providers.health.call_report import CallReport
from aircherd.providers.health.clocks import Clocks
from aircherd.providers.health.cooldowns import CooldownManager
from aircherd.usage.ledger.write_queue import WriteQueue
from aircherd.usage.limits.tracker import LimitTracker
from aircherd.vocabulary.attempt import ChatResult
from aircherd.vocabulary.chat import ChatRequest, Message
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.keys import ApiKey, KeyChoice, KeyState, KeyStatus
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import (
    AttemptDelta,
    Ending,
    ReasoningDelta,
    TextDelta,
    Usage,
    UsageDelta,
)
from aircherd.vocabulary.secret import Secret
from aircherd.vocabulary.usage import Settled, Started

WALL = 1_795_000_000.0
A = Provider(name="a", kind="openai", base_url="http://a")
B = Provider(name="b", kind="openai", base_url="http://b")
CONFIG = Config(
    providers={"a": A, "b": B},
    models={"chain": Alias("chain", (Route("a", "m"), Route("b", "n")))},
)
DONE = [TextDelta("hi"), Ending("stop", Usage(3, 1))]

Answer = Exception | list[object]
"""An exception, or the steps of a reply: batches of events, exceptions, and pauses in seconds."""

Script = Answer | tuple[float, Answer]
"""The script of one call: its reply, at once or after some seconds."""


def failed(kind: FailureClass, message: str = "it failed", **fields: object) -> ProviderFailed:
    return ProviderFailed(Failure(kind=kind, message=message, status=500, **fields))


def wall() -> float:
    """Return the Unix time from trio's clock, which tests can advance."""
    return WALL + trio.current_time()


class FakeConfig:
    """A config store with a fixed configuration."""

    def __init__(self, config: Config = CONFIG) -> None:
        self.config = config

    def usable(self) -> Config:
        return self.config


class FakeAuth:
    """Every provider that needs a key has one, `default`, or the names in `labels`.

    Keys of `locked` providers cannot be read; `fresh` has the keys found after a 401.
    """

    def __init__(
        self,
        fresh: dict[str, Secret] | None = None,
        locked: Sequence[str] = (),
        labels: dict[str, list[str]] | None = None,
    ) -> None:
        self.fresh = fresh or {}
        self.locked = locked
        self.labels = labels or {}
        self.rejected: set[tuple[str, str]] = set()
        self.calls: list[tuple[str, str, str]] = []

    def key_choices(self, provider: Provider) -> list[KeyChoice]:
        if not provider.needs_key:
            return [KeyChoice(None, KeyState.NOT_REQUIRED)]
        names = self.labels.get(provider.name, ["default"])
        return [KeyChoice(name, self._state(provider.name, name)) for name in names]

    def _state(self, provider: str, name: str) -> KeyState:
        is_refused = (provider, name) in self.rejected
        return KeyState.REJECTED if is_refused else KeyState.AUTHENTICATED

    def rows(self) -> list[KeyStatus]:
        return [
            KeyStatus(provider=provider, key=key, state=KeyState.REJECTED)
            for provider, key in sorted(self.rejected)
        ]

    async def get_api_key(self, provider: Provider, name: str) -> ApiKey:
        if provider.name in self.locked:
            raise KeyringLocked("the keyring is locked")
        if (provider.name, name) in self.rejected:
            raise KeyRejected(f"key {name!r} of {provider.name}: refused")
        return ApiKey(provider.name, name, Secret("first-key"), "keyring", provider.origin)

    async def note_rejected(
        self, key: ApiKey, reason: str, *, may_read: bool = True
    ) -> ApiKey | None:
        self.calls.append(("rejected", key.provider, key.secret.reveal()))
        secret = self.fresh.pop(key.provider, None) if may_read else None
        if secret is None:
            self.rejected.add((key.provider, key.name))
            return None
        return msgspec.structs.replace(key, secret=secret)

    def note_accepted(self, key: ApiKey) -> None:
        self.calls.append(("accepted", key.provider, key.secret.reveal()))


class FakeProviderClient:
    """Answers each call with the provider's next script, and records its cooldowns.

    `calls` has provider, model and key name of each call; `keys` has the keys themselves.
    """

    def __init__(self, **scripts: list[Script]) -> None:
        self.scripts = scripts
        self.calls: list[tuple[str, str, str | None]] = []
        self.keys: list[tuple[str, str, str | None]] = []
        self.closed = 0
        clocks = Clocks(trio.current_time, trio.current_time, wall)
        self.cooldowns = CooldownManager(EventBus(), clocks=clocks, jitter=lambda: 0.0)

    def prepare(self, provider: Provider, model: Model, network: Network) -> CallTarget:
        return CallTarget(provider, model, network)

    def presentable(self, failure: Failure, request: object) -> Failure:
        return failure

    async def open_chat(
        self,
        target: CallTarget,
        request: object,
        key: ApiKey | None,
        *,
        on_sent: Callable[[], None],
        memory: RequestMemory,
        verbatim: object = None,
    ) -> "FakeCall":
        provider, model = target.provider, target.model
        name = key.name if key else None
        self.calls.append((provider.name, model.id, name))
        self.keys.append((provider.name, model.id, key.secret.reveal() if key else None))
        now = self.cooldowns.now()
        report = CallReport(self.cooldowns, provider, target.network, name, model.id, now, str)
        script = self.scripts[provider.name].pop(0)
        seconds, answer = script if isinstance(script, tuple) else (0.0, script)
        try:
            await self._begin(seconds, answer, report, on_sent)
        except BaseException:
            self.note_closed()
            raise
        return FakeCall(answer, report, self.note_closed)

    async def _begin(
        self, seconds: float, answer: object, report: CallReport, on_sent: Callable[[], None]
    ) -> None:
        if isinstance(answer, Unsent):
            raise answer.error
        on_sent()
        if seconds:
            await trio.sleep(seconds)
        if isinstance(answer, ProviderFailed):
            report.failed(answer.failure)
        if isinstance(answer, Exception):
            raise answer
        report.ok()

    def note_closed(self) -> None:
        self.closed += 1


class Unsent(msgspec.Struct):
    """A call that fails before anything is sent, so no cooldown hears of it."""

    error: ProviderFailed


class FakeCall:
    def __init__(
        self, script: list[object], report: CallReport, on_closed: Callable[[], None]
    ) -> None:
        self.script = list(script)
        self.report = report
        self.on_closed = on_closed

    async def receive(self) -> object:
        step = self.script.pop(0)
        if isinstance(step, Exception):
            if isinstance(step, ProviderFailed):
                self.report.failed(step.failure)
            raise step
        if isinstance(step, int | float):
            await trio.sleep(step)
            return []
        if step and isinstance(step[-1], Ending):
            self.report.whole()
        return step

    async def aclose(self) -> None:
        self.on_closed()


class FakeLedger:
    """A ledger in memory."""

    def __init__(self) -> None:
        self.queue = WriteQueue(lambda _waiting: None, lambda _error: None)
        self.begun: list[Started] = []
        self.settled: dict[int, Settled] = {}

    def begin(self, started: Started) -> Started:
        started.id = len(self.begun)
        self.begun.append(started)
        return started

    def settle(self, started: Started, settled: Settled) -> None:
        assert started.id not in self.settled
        self.settled[started.id] = settled

    async def wait_until_saved(self) -> None:
        """Return at once."""

    @property
    def in_progress(self) -> list[Started]:
        return [started for started in self.begun if started.id not in self.settled]


class Chats:
    """A controller with a fake provider client, and the transcript of its deltas.

    A transcript line is the second and a short form of the delta; `deltas` has them in full.
    """

    def __init__(
        self,
        provider_client: FakeProviderClient,
        *,
        config: Config = CONFIG,
        auth: FakeAuth | None = None,
        catalog: Catalog | None = None,
        bus: EventBus | None = None,
    ) -> None:
        self.provider_client = provider_client
        self.ledger = FakeLedger()
        self.limits = LimitTracker(wall)
        self.limits.configure(config.limits)
        for past in self.limits.missing_history:
            self.limits.restore(past, [])
        bus = bus or EventBus()
        self.controller = ChatController(
            config=FakeConfig(config),
            auth=auth or FakeAuth(),
            catalog=catalog or Catalog(),
            provider_client=provider_client,
            accounting=UsageAccounting(self.ledger, self.limits, bus),
            bus=bus,
        )
        self.controller.services = msgspec.structs.replace(self.controller.services, clock=wall)
        self.transcript: list[tuple[float, str]] = []
        self.deltas: list[object] = []

    async def ask(self, **request: object) -> ChatResult | ChatFailed:
        """Run one chat; return its result or its error."""
        fields = {"messages": [Message("user", "q")], "model": "chain", **request}
        chat = ChatRequest(**fields)
        started = trio.current_time()

        async def send(deltas: Sequence[object]) -> None:
            now = round(trio.current_time() - started, 3)
            self.transcript += [(now, _line(delta)) for delta in deltas]
            self.deltas += deltas

        with trio.CancelScope() as scope:
            try:
                return await self.controller.chat(
                    chat, Caller("test", "proj"), send, scope, uncounted()
                )
            except ChatFailed as error:
                return error

    @property
    def sent(self) -> list[str]:
        """The deltas sent to the client, without times."""
        return [line for _, line in self.transcript]


async def run(
    provider_client: FakeProviderClient,
    auth: FakeAuth | None = None,
    bus: EventBus | None = None,
    **request: object,
) -> tuple[ChatResult | ChatFailed, list[str]]:
    """Run one chat; return its result or error, and the deltas sent to the client."""
    chats = Chats(provider_client, auth=auth, bus=bus)
    result = await chats.ask(**request)
    assert chats.controller.statistics() == {"active": 0, "total": 1}
    return result, chats.sent


def _line(delta: object) -> str:
    if isinstance(delta, TextDelta):
        return delta.text
    if isinstance(delta, ReasoningDelta):
        return f"({delta.text})"
    if isinstance(delta, UsageDelta):
        return "usage"
    if isinstance(delta, Ending):
        return "end"
    assert isinstance(delta, AttemptDelta)
    key = "" if delta.key in (None, "default") else f"({delta.key})"
    return f"{delta.provider}{key}:{delta.outcome}"
