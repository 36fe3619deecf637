"""Chats with scripted providers, as transcripts in virtual time."""

from decimal import Decimal

import msgspec
import pytest
import trio

from aircherd.catalog.catalog import Catalog
from aircherd.chat.caller import Caller
from aircherd.config.model import Config, Provider
from aircherd.errors import AircherError, ChatFailed
from aircherd.events import EventBus
from aircherd.memory.request_memory import uncounted
from aircherd.vocabulary.chat import ChatRequest, Message, RouteOptions
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model, Prices, Rates
from aircherd.vocabulary.reply import Ending, TextDelta, Usage, UsageDelta
from aircherd.vocabulary.secret import Secret
from helpers.chat import DONE, A, Chats, FakeAuth, FakeProviderClient, failed, run


async def test_cancellation_is_not_a_timeout(autojump_clock):
    """Only the cancellation is raised if the scope is cancelled before the deadline."""
    provider_client = FakeProviderClient(a=[[1000]])
    controller = Chats(provider_client).controller
    request = ChatRequest(messages=[Message("user", "q")], model="chain", stream=False, timeout=5)
    async with trio.open_nursery() as nursery:
        scope = nursery.cancel_scope
        nursery.start_soon(controller.chat, request, Caller("test"), None, scope, uncounted())
        await trio.sleep(1)
        scope.cancel()
    assert scope.cancelled_caught
    assert trio.current_time() == 1
    assert provider_client.closed == 1


async def test_first_candidate_answers():
    """There is one attempt, the deltas arrive, and the result has the whole message."""
    auth = FakeAuth()
    result, sent = await run(FakeProviderClient(a=[[DONE]]), auth)
    assert sent == ["a:trying", "hi", "end"]
    assert result.message["content"] == [{"type": "text", "text": "hi"}]
    assert (result.provider, result.model, result.finish) == ("a", "m", "stop")
    assert [(a.provider, a.key, a.outcome) for a in result.attempts] == [("a", "default", "ok")]
    assert auth.calls == [("accepted", "a", "first-key")]


@pytest.mark.parametrize(
    "kind", [FailureClass.AUTH, FailureClass.NETWORK, FailureClass.TIMEOUT, FailureClass.SERVER]
)
async def test_failure_before_output_falls_back(kind):
    """The next candidate answers, and both attempts are reported."""
    result, sent = await run(FakeProviderClient(a=[failed(kind)], b=[[DONE]]))
    assert sent[:3] == ["a:trying", f"a:{failed(kind).code}", "b:trying"]
    assert [(a.provider, a.outcome) for a in result.attempts] == [
        ("a", failed(kind).code),
        ("b", "ok"),
    ]
    assert result.provider == "b"


async def test_counts_wait_for_the_first_output():
    """A provider that fails after its input count leaves no count at the client."""
    broken = [[UsageDelta(Usage(9))], failed(FailureClass.NETWORK)]
    fine = [[UsageDelta(Usage(3))], [TextDelta("x")], [Ending("stop", Usage(3))]]
    result, sent = await run(FakeProviderClient(a=[broken], b=[fine]))
    assert sent == ["a:trying", "a:network", "b:trying", "usage", "x", "end"]
    assert result.usage.input_tokens == 3


async def test_failure_after_output_is_not_retried():
    """Two halves do not make one answer."""
    provider_client = FakeProviderClient(
        a=[[[TextDelta("half")], failed(FailureClass.NETWORK)]], b=[[DONE]]
    )
    error, sent = await run(provider_client)
    assert sent == ["a:trying", "half", "a:network"]
    assert (error.code, error.data["text"]) == ("truncated", "half")
    assert [call[0] for call in provider_client.keys] == ["a"]


async def test_bad_request_has_no_fallback():
    """No provider would accept it."""
    error, _ = await run(
        FakeProviderClient(a=[failed(FailureClass.BAD_REQUEST, "no such field")], b=[])
    )
    assert (error.code, error.message) == ("bad_request", "a: no such field")


async def test_unusable_key_is_skipped_without_a_call():
    """The reason is reported."""
    provider_client = FakeProviderClient(b=[[DONE]])
    result, sent = await run(provider_client, FakeAuth(locked=("a",)))
    assert [(s.provider, s.reason) for s in result.skipped] == [("a", "keyring_locked")]
    assert sent[:2] == ["a:skipped", "b:trying"]


async def test_all_failed_has_every_attempt():
    """The error lists them."""
    provider_client = FakeProviderClient(
        a=[failed(FailureClass.AUTH)], b=[failed(FailureClass.NETWORK)]
    )
    error, _ = await run(provider_client)
    assert error.code == "all_failed"
    assert [row["outcome"] for row in error.data["attempts"]] == ["auth_rejected", "network"]


async def test_changed_key_is_tried_once_after_a_401():
    """The user may have replaced it, and no fallback is needed."""
    provider_client = FakeProviderClient(a=[failed(FailureClass.AUTH), [DONE]])
    auth = FakeAuth(fresh={"a": Secret("second-key")})
    result, _ = await run(provider_client, auth)
    assert [call[2] for call in provider_client.keys] == ["first-key", "second-key"]
    assert [a.outcome for a in result.attempts] == ["auth_rejected", "ok"]
    assert auth.calls == [("rejected", "a", "first-key"), ("accepted", "a", "second-key")]


async def test_rejected_new_key_falls_back():
    """It is marked as rejected, and its source is not read again."""
    provider_client = FakeProviderClient(
        a=[failed(FailureClass.AUTH), failed(FailureClass.AUTH)], b=[[DONE]]
    )
    auth = FakeAuth(fresh={"a": Secret("second-key")})
    result, _ = await run(provider_client, auth)
    assert result.provider == "b"
    assert auth.calls[:2] == [("rejected", "a", "first-key"), ("rejected", "a", "second-key")]


async def test_request_without_streaming_gets_only_the_result():
    """Attempts are not sent either."""
    result, sent = await run(
        FakeProviderClient(a=[failed(FailureClass.NETWORK)], b=[[DONE]]), stream=False
    )
    assert (sent, result.message["content"][0]["text"]) == ([], "hi")


async def test_deadline_covers_the_whole_request(autojump_clock):
    """It includes fallbacks; the current attempt is a timeout, not a cancellation."""
    error, _ = await run(FakeProviderClient(a=[[700, DONE]]))
    assert (error.code, error.data["attempts"][0]["outcome"]) == ("timeout", "timeout")


async def test_request_timeout_overrides_the_config(autojump_clock):
    """It is in seconds."""
    error, _ = await run(FakeProviderClient(a=[[5, DONE]]), timeout=3)
    assert error.message == "no complete answer within 3 s"


async def test_cancelled_chat_closes_and_records_its_call():
    """The call is closed at once."""
    provider_client, bus, events = FakeProviderClient(a=[[10_000]]), EventBus(), []
    with bus.subscribed(("attempt",), events.append), trio.CancelScope() as scope:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(lambda: run(provider_client, bus=bus))
            await trio.testing.wait_all_tasks_blocked()
            scope.cancel()
    assert provider_client.closed == 1
    assert [event.data["outcome"] for event in events] == ["cancelled"]


async def test_attempt_event_names_the_client():
    """It has client, project and the key's name, never the prompt."""
    bus, events = EventBus(), []
    with bus.subscribed(("attempt",), events.append):
        await run(FakeProviderClient(a=[failed(FailureClass.NETWORK)], b=[[DONE]]), bus=bus)
    assert [(e.data["provider"], e.data["outcome"], e.data["client"]) for e in events] == [
        ("a", "network", "test"),
        ("b", "ok", "test"),
    ]
    assert events[0].data["project"] == "proj"


async def test_no_fallback_calls_one_candidate():
    """The client requested it."""
    error, _ = await run(
        FakeProviderClient(a=[failed(FailureClass.NETWORK)], b=[]),
        route=RouteOptions(no_fallback=True),
    )
    assert error.code == "network"


async def test_unused_candidates_are_not_reported():
    """Candidates after the one that answered are not skips."""
    result, _ = await run(FakeProviderClient(a=[[DONE]]), FakeAuth(locked=("b",)))
    assert result.skipped == []


async def test_internal_error_does_not_fall_back():
    """The attempt is recorded as `internal`, and the client gets the error."""
    provider_client, bus, events = (
        FakeProviderClient(a=[AircherError("out of files")], b=[]),
        EventBus(),
        [],
    )
    with bus.subscribed(("attempt",), events.append), pytest.raises(AircherError) as caught:
        await run(provider_client, bus=bus)
    assert caught.value.code == "internal"
    assert [(e.data["provider"], e.data["outcome"]) for e in events] == [("a", "internal")]


LOCAL = Provider(name="local", kind="ollama", base_url="http://local", needs_key=False)


class Installed(Catalog):
    """A catalog that knows a local server's model after it was fetched; see `ask`."""

    def __init__(self, seconds=0):
        super().__init__()
        self.seconds = seconds
        self.fetched = []

    async def ask(self, providers):
        self.fetched += [provider.name for provider in providers]
        await trio.sleep(self.seconds)

    def listed(self, provider):
        return [Model(id="llama")] if provider.name in self.fetched else []


def chats_without_keys(catalog, default_model=None):
    """Return chats without a key for `a`, with a local server."""
    a = msgspec.structs.replace(A, default_model="m")
    config = Config(providers={"a": a, "local": LOCAL}, default_model=default_model)
    provider_client, auth = FakeProviderClient(local=[[DONE]]), FakeAuth(labels={"a": []})
    chats = Chats(provider_client, config=config, auth=auth, catalog=catalog)
    services = msgspec.structs.replace(chats.controller.services, fetch_model_lists=catalog.ask)
    chats.controller.services = services
    return chats


async def test_unlisted_local_server_answers_without_keys():
    """Its list is fetched while the client waits: it may have just started."""
    catalog = Installed()
    result = await chats_without_keys(catalog).ask(model=None)
    assert (result.provider, result.model) == ("local", "llama")
    assert catalog.fetched == ["local"]


async def test_slow_local_list_is_not_awaited(autojump_clock):
    """After two seconds the plan is made without it."""
    result = await chats_without_keys(Installed(seconds=100)).ask(model=None)
    assert trio.current_time() == 2
    assert result.provider == "local"


@pytest.mark.parametrize(("model", "default_model"), [("a/m", None), (None, "a/m")])
async def test_local_lists_are_fetched_only_if_useful(model, default_model):
    """Requests with a model or a configured default do not need them."""
    catalog = Installed()
    error = await chats_without_keys(catalog, default_model).ask(model=model)
    assert isinstance(error, ChatFailed)
    assert (error.code, catalog.fetched) == ("not_authenticated", [])


@pytest.mark.parametrize(
    ("ending", "cost"),
    [
        (Ending("stop", Usage(1_000_000, 2)), "3.00003"),
        (Ending("stop", Usage(1_000_000, 2), cost="0.5"), "3.00003"),  # only OpenRouter bills so
        (Ending("stop", Usage(0, 0), cost="0"), "0"),
        (Ending("stop"), None),
    ],
)
async def test_cost_is_reported_or_from_prices(monkeypatch, ending, cost):
    """Without counts it is unknown."""
    rates = Rates(input=Decimal(3), output=Decimal(15))
    priced = Model(id="m", prices=Prices(rates=rates))
    monkeypatch.setattr(Catalog, "find", lambda *_: priced)
    result, _ = await run(FakeProviderClient(a=[[[TextDelta("hi"), ending]]]))
    assert result.cost == cost


async def test_cost_without_a_price_is_none():
    """It is never 0."""
    result, _ = await run(FakeProviderClient(a=[[DONE]]))
    assert result.cost is None
