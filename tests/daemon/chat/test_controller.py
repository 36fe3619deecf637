"""The conversation of a chat with its providers, as transcripts, in virtual time."""

from contextlib import asynccontextmanager

import msgspec
import pytest
import trio

from aircherd.catalog.catalog import Catalog
from aircherd.chat.controller import Caller, ChatController
from aircherd.config.model import Alias, Config, Provider, Route
from aircherd.errors import AircherError, ChatFailed, KeyringLocked, ProviderFailed
from aircherd.events import EventBus
from aircherd.vocabulary.chat import ChatRequest, Message, RouteOptions
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.keys import ApiKey, KeyChoice, KeyState
from aircherd.vocabulary.reply import Ending, TextDelta, Usage, UsageDelta
from aircherd.vocabulary.secret import Secret

A = Provider(name="a", kind="openai", base_url="http://a")
B = Provider(name="b", kind="openai", base_url="http://b")
CONFIG = Config(
    providers={"a": A, "b": B},
    models={"chain": Alias("chain", (Route("a", "m"), Route("b", "n")))},
)
DONE = [TextDelta("hi"), Ending("stop", Usage(3, 1))]


def failed(kind, message="it failed"):
    return ProviderFailed(Failure(kind=kind, message=message, status=500))


class FakeConfig:
    def usable(self):
        return CONFIG


class FakeAuth:
    """Every provider has one key, `default`; `locked` ones and new keys after a 401 on request."""

    def __init__(self, fresh=None, locked=()):
        self.fresh = fresh or {}
        self.locked = locked
        self.calls = []

    def key_choices(self, provider):
        return [KeyChoice("default", KeyState.AUTHENTICATED)]

    async def ensure_authenticated(self, provider, name=None):
        if provider.name in self.locked:
            raise KeyringLocked("the keyring is locked")
        return ApiKey(provider.name, name, Secret("first-key"), "keyring", provider.origin)

    async def note_rejected(self, key, reason):
        self.calls.append(("rejected", key.provider, key.secret.reveal()))
        secret = self.fresh.pop(key.provider, None)
        return msgspec.structs.replace(key, secret=secret) if secret else None

    def note_accepted(self, key):
        self.calls.append(("accepted", key.provider, key.secret.reveal()))


class FakePool:
    """Answers each call with the next script: a list of batches, exceptions and waits."""

    def __init__(self, **scripts):
        self.scripts = scripts
        self.keys = []
        self.closed = 0

    @asynccontextmanager
    async def open_chat(self, provider, request, model, key, network):
        self.keys.append((provider.name, model.id, key.secret.reveal()))
        script = self.scripts[provider.name].pop(0)
        try:
            if isinstance(script, Exception):
                raise script
            yield FakeCall(script)
        finally:
            self.closed += 1


class FakeCall:
    def __init__(self, script):
        self.script = list(script)

    async def receive(self):
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        if isinstance(step, int | float):
            await trio.sleep(step)
            return []
        return step


async def run(pool, auth=None, bus=None, **request):
    """Run one chat; return its result or error, and what the client was sent."""
    sent = []

    async def send(deltas):
        sent.extend(deltas)

    controller = ChatController(
        config=FakeConfig(),
        auth=auth or FakeAuth(),
        catalog=Catalog(),
        pool=pool,
        bus=bus or EventBus(),
    )
    asked = ChatRequest(messages=[Message("user", "q")], **{"model": "chain", **request})
    with trio.CancelScope() as scope:
        try:
            result = await controller.chat(asked, Caller("test", "proj"), send, scope)
        except ChatFailed as error:
            result = error
    assert controller.statistics() == {"active": 0, "total": 1}
    return result, [_short(delta) for delta in sent]


def _short(delta):
    if isinstance(delta, TextDelta):
        return delta.text
    if isinstance(delta, UsageDelta):
        return "usage"
    if isinstance(delta, Ending):
        return "end"
    return f"{delta.provider}:{delta.outcome}"


async def test_a_client_that_wants_it_no_more_is_not_told_of_a_deadline(autojump_clock):
    """Its scope is cancelled before the time of the request is over: nothing is raised but that."""
    pool = FakePool(a=[[1000]])
    controller = ChatController(
        config=FakeConfig(), auth=FakeAuth(), catalog=Catalog(), pool=pool, bus=EventBus()
    )
    asked = ChatRequest(messages=[Message("user", "q")], model="chain", stream=False, timeout=5)
    async with trio.open_nursery() as nursery:
        scope = nursery.cancel_scope
        nursery.start_soon(controller.chat, asked, Caller("test"), None, scope)
        await trio.sleep(1)
        scope.cancel()
    assert scope.cancelled_caught
    assert trio.current_time() == 1
    assert pool.closed == 1


async def test_the_first_candidate_answers():
    """One attempt, the deltas as they came, the whole message at the end."""
    auth = FakeAuth()
    result, sent = await run(FakePool(a=[[DONE]]), auth)
    assert sent == ["a:trying", "hi", "end"]
    assert result.message["content"] == [{"type": "text", "text": "hi"}]
    assert (result.provider, result.model, result.finish) == ("a", "m", "stop")
    assert [(a.provider, a.key, a.outcome) for a in result.attempts] == [("a", "default", "ok")]
    assert auth.calls == [("accepted", "a", "first-key")]


@pytest.mark.parametrize(
    "kind", [FailureClass.AUTH, FailureClass.NETWORK, FailureClass.TIMEOUT, FailureClass.SERVER]
)
async def test_a_failure_before_any_output_falls_back(kind):
    """The next candidate answers, and both attempts are told."""
    result, sent = await run(FakePool(a=[failed(kind)], b=[[DONE]]))
    assert sent[:3] == ["a:trying", f"a:{failed(kind).code}", "b:trying"]
    assert [(a.provider, a.outcome) for a in result.attempts] == [
        ("a", failed(kind).code),
        ("b", "ok"),
    ]
    assert result.provider == "b"


async def test_counts_are_held_back_until_the_first_output():
    """A provider that fails after its input count leaves nothing behind at the client."""
    broken = [[UsageDelta(Usage(9))], failed(FailureClass.NETWORK)]
    fine = [[UsageDelta(Usage(3))], [TextDelta("x")], [Ending("stop")]]
    result, sent = await run(FakePool(a=[broken], b=[fine]))
    assert sent == ["a:trying", "a:network", "b:trying", "usage", "x", "end"]
    assert result.usage["input_tokens"] == 3


async def test_nothing_is_tried_again_after_the_first_output():
    """Two halves do not make one answer."""
    pool = FakePool(a=[[[TextDelta("half")], failed(FailureClass.NETWORK)]], b=[[DONE]])
    error, sent = await run(pool)
    assert sent == ["a:trying", "half", "a:network"]
    assert (error.code, error.data["text"]) == ("truncated", "half")
    assert [call[0] for call in pool.keys] == ["a"]


async def test_a_bad_request_is_not_tried_elsewhere():
    """Nobody would take it."""
    error, _ = await run(FakePool(a=[failed(FailureClass.BAD_REQUEST, "no such field")], b=[]))
    assert (error.code, error.message) == ("bad_request", "a: no such field")


async def test_a_candidate_without_a_usable_key_is_skipped_without_a_call():
    """The reason is reported, nothing was sent."""
    pool = FakePool(b=[[DONE]])
    result, sent = await run(pool, FakeAuth(locked=("a",)))
    assert [(s.provider, s.reason) for s in result.skipped] == [("a", "keyring_locked")]
    assert sent[0] == "b:trying"


async def test_all_failed_names_everybody():
    """The error has every attempt."""
    pool = FakePool(a=[failed(FailureClass.AUTH)], b=[failed(FailureClass.NETWORK)])
    error, _ = await run(pool)
    assert error.code == "all_failed"
    assert [row["outcome"] for row in error.data["attempts"]] == ["auth_rejected", "network"]


async def test_after_a_401_a_key_that_changed_in_its_source_is_tried_once():
    """The user may have rotated it; the fallback is not needed."""
    pool = FakePool(a=[failed(FailureClass.AUTH), [DONE]])
    auth = FakeAuth(fresh={"a": Secret("second-key")})
    result, _ = await run(pool, auth)
    assert [call[2] for call in pool.keys] == ["first-key", "second-key"]
    assert [a.outcome for a in result.attempts] == ["auth_rejected", "ok"]
    assert auth.calls == [("rejected", "a", "first-key"), ("accepted", "a", "second-key")]


async def test_a_changed_key_that_is_refused_too_is_left_for_the_next_candidate():
    """It is marked as well, and not read for ever."""
    pool = FakePool(a=[failed(FailureClass.AUTH), failed(FailureClass.AUTH)], b=[[DONE]])
    auth = FakeAuth(fresh={"a": Secret("second-key")})
    result, _ = await run(pool, auth)
    assert result.provider == "b"
    assert auth.calls[:2] == [("rejected", "a", "first-key"), ("rejected", "a", "second-key")]


async def test_without_streaming_only_the_result_is_told():
    """Not even the attempts."""
    result, sent = await run(FakePool(a=[failed(FailureClass.NETWORK)], b=[[DONE]]), stream=False)
    assert (sent, result.message["content"][0]["text"]) == ([], "hi")


async def test_the_whole_request_has_a_deadline(autojump_clock):
    """Fallbacks included; what was under way is a timeout, not a cancellation."""
    error, _ = await run(FakePool(a=[[700, DONE]]))
    assert (error.code, error.data["attempts"][0]["outcome"]) == ("timeout", "timeout")


async def test_the_requests_own_timeout_wins(autojump_clock):
    """In seconds."""
    error, _ = await run(FakePool(a=[[5, DONE]]), timeout=3)
    assert error.message == "no whole answer within 3 s"


async def test_a_cancelled_chat_closes_its_call_and_records_it():
    """The record says cancelled, the call is closed at once."""
    pool, bus, events = FakePool(a=[[10_000]]), EventBus(), []
    with bus.subscribed(("attempt",), events.append), trio.CancelScope() as scope:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(lambda: run(pool, bus=bus))
            await trio.testing.wait_all_tasks_blocked()
            scope.cancel()
    assert pool.closed == 1
    assert [event.data["outcome"] for event in events] == ["cancelled"]


async def test_every_attempt_is_an_event_with_who_asked():
    """Client and project, the key's name, never the prompt."""
    bus, events = EventBus(), []
    with bus.subscribed(("attempt",), events.append):
        await run(FakePool(a=[failed(FailureClass.NETWORK)], b=[[DONE]]), bus=bus)
    assert [(e.data["provider"], e.data["outcome"], e.data["client"]) for e in events] == [
        ("a", "network", "test"),
        ("b", "ok", "test"),
    ]
    assert events[0].data["project"] == "proj"


async def test_no_fallback_asks_one():
    """The client's own wish."""
    error, _ = await run(
        FakePool(a=[failed(FailureClass.NETWORK)], b=[]), route=RouteOptions(no_fallback=True)
    )
    assert error.code == "network"


async def test_who_stands_behind_the_answer_is_not_reported():
    """A provider that was never needed was not passed over."""
    result, _ = await run(FakePool(a=[[DONE]]), FakeAuth(locked=("b",)))
    assert result.skipped == []


async def test_our_own_trouble_is_not_the_providers_and_falls_back_to_nobody():
    """Out of files, for one: the attempt says `internal`, the error goes to the client."""
    pool, bus, events = FakePool(a=[AircherError("out of files")], b=[]), EventBus(), []
    with bus.subscribed(("attempt",), events.append), pytest.raises(AircherError) as caught:
        await run(pool, bus=bus)
    assert caught.value.code == "internal"
    assert [(e.data["provider"], e.data["outcome"]) for e in events] == [("a", "internal")]
