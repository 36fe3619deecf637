"""Requests that fall back, as transcripts in virtual time, and properties of all of them."""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial

import msgspec
import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock

from aircherd.chat.caller import Caller
from aircherd.chat.fallback import GRANTS_SECONDS
from aircherd.config.model import Alias, Config, Fallback, Limit, Provider, Route
from aircherd.errors import ChatFailed, NotAuthenticated
from aircherd.memory.request_memory import uncounted
from aircherd.routing.failure_scope import SCOPE_BY_FAILURE, FailureScope
from aircherd.shared_state.memory import MemoryEngine
from aircherd.usage.limits.reservation import GrantNeeded, LimitKey
from aircherd.vocabulary.attempt import ChatResult
from aircherd.vocabulary.chat import ChatRequest, Message, RouteOptions
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model, Prices, Rates
from aircherd.vocabulary.reply import Ending, ReasoningDelta, TextDelta, Usage, UsageDelta
from aircherd.vocabulary.secret import Secret
from helpers.chat import (
    CONFIG,
    DONE,
    WALL,
    A,
    B,
    Chats,
    FakeAuth,
    FakeProviderClient,
    Script,
    Unsent,
    failed,
    wall,
)
from helpers.fleet.leases import Lines, Machine
from helpers.routing import Described

C = Provider(name="c", kind="openai", base_url="http://c")
THREE = Config(
    providers={"a": A, "b": B, "c": C},
    models={"chain": Alias("chain", (Route("a", "m"), Route("b", "n"), Route("c", "o")))},
)
RATE, SERVER, CONTEXT = FailureClass.RATE, FailureClass.SERVER, FailureClass.CONTEXT
QUOTA = FailureClass.QUOTA


def outcomes(result: ChatResult | ChatFailed) -> list[tuple[str, str | None, str]]:
    """Return provider, key and outcome of each attempt."""
    if isinstance(result, ChatFailed):
        return [(a["provider"], a.get("key"), a["outcome"]) for a in result.data["attempts"]]
    return [(a.provider, a.key, a.outcome) for a in result.attempts]


def reasons(result: ChatResult | ChatFailed) -> list[tuple[str, str | None, str]]:
    """Return provider, key and reason of each skip."""
    if isinstance(result, ChatFailed):
        return [(s["provider"], s.get("key"), s["reason"]) for s in result.data["skipped"]]
    return [(s.provider, s.key, s.reason) for s in result.skipped]


# ------------------------------------------------------------------ transcripts


async def test_transcript_of_a_fallback(autojump_clock):
    """The client sees the attempt, why it failed, the next one, and the answer as it streams."""
    provider_client = FakeProviderClient(
        a=[(1.5, failed(RATE, retry_after=30.0))],
        b=[
            (
                0.5,
                [[UsageDelta(Usage(9))], 0.25, [TextDelta("hel")], 1, [TextDelta("lo")], DONE[1:]],
            )
        ],
    )
    chats = Chats(provider_client)
    await chats.ask()
    assert chats.transcript == [
        (0.0, "a:trying"),
        (1.5, "a:rate_limited"),
        (1.5, "b:trying"),
        (2.25, "usage"),
        (2.25, "hel"),
        (3.25, "lo"),
        (3.25, "end"),
    ]


async def test_transcript_of_discarded_reasoning(autojump_clock):
    """Reasoning streams at once, and the failure after it discards it."""
    thinks = [[ReasoningDelta("hm")], 2, failed(FailureClass.NETWORK)]
    chats = Chats(FakeProviderClient(a=[thinks], b=[[[ReasoningDelta("ah")], 1, DONE]]))
    result = await chats.ask()
    assert chats.transcript == [
        (0.0, "a:trying"),
        (0.0, "(hm)"),
        (2.0, "a:network"),
        (2.0, "b:trying"),
        (2.0, "(ah)"),
        (3.0, "hi"),
        (3.0, "end"),
    ]
    assert [part["text"] for part in result.message["content"]] == ["ah", "hi"]


async def test_transcript_of_two_keys(autojump_clock):
    """The second key is tried before other providers, but not if the network is down."""
    auth = FakeAuth(labels={"a": ["x", "y"]})
    provider_client = FakeProviderClient(
        a=[(1.0, failed(FailureClass.QUOTA)), (2.0, failed(RATE))], b=[(1.0, [DONE])]
    )
    chats = Chats(provider_client, auth=auth)
    await chats.ask()
    assert chats.transcript == [
        (0.0, "a(x):trying"),
        (1.0, "a(x):quota_exhausted"),
        (1.0, "a(y):trying"),
        (3.0, "a(y):rate_limited"),
        (3.0, "b:trying"),
        (4.0, "hi"),
        (4.0, "end"),
    ]
    dead = Chats(FakeProviderClient(a=[failed(FailureClass.NETWORK)], b=[[DONE]]), auth=auth)
    await dead.ask()
    expected = ["a(x):trying", "a(x):network", "a(y):skipped", "b:trying", "hi", "end"]
    assert dead.sent == expected


async def test_transcript_of_a_wait(autojump_clock):
    """If the request allows the wait, the first candidate that is back is called again."""
    provider_client = FakeProviderClient(
        a=[failed(RATE, retry_after=30.0)], b=[failed(RATE, retry_after=5.0), (1.0, [DONE])]
    )
    chats = Chats(provider_client)
    result = await chats.ask(wait=10.0)
    assert chats.transcript == [
        (0.0, "a:trying"),
        (0.0, "a:rate_limited"),
        (0.0, "b:trying"),
        (0.0, "b:rate_limited"),
        (0.0, "b:waiting"),
        (5.05, "a:skipped"),
        (5.05, "b:trying"),
        (6.05, "hi"),
        (6.05, "end"),
    ]
    assert [outcome for *_, outcome in outcomes(result)] == ["rate_limited", "rate_limited", "ok"]
    assert reasons(result) == [("a", "default", "rate_limited")]


async def test_no_wait_beyond_the_limit_or_deadline(autojump_clock):
    """Candidates that are back later are not waited for."""
    for wishes in ({"wait": 4.0}, {"wait": 100.0, "timeout": 3.0}, {"wait": 0.0}):
        provider_client = FakeProviderClient(
            a=[failed(RATE, retry_after=5.0)], b=[failed(RATE, retry_after=9.0)]
        )
        error = await Chats(provider_client).ask(**wishes)
        assert error.code == "all_failed"
    assert trio.current_time() == 0


async def test_error_has_the_time_of_the_first_return(autojump_clock):
    """It includes candidates that just failed, but not guessed times."""
    provider_client = FakeProviderClient(
        a=[failed(RATE, retry_after=30.0)], b=[failed(RATE, retry_after=20.0)]
    )
    error = await Chats(provider_client).ask(wait=3.0)
    assert error.data["until"] == WALL + 20
    error = await Chats(FakeProviderClient(a=[failed(SERVER)], b=[failed(SERVER)])).ask()
    assert "until" not in error.data


async def test_skip_delta_has_its_end(autojump_clock):
    """Streaming clients see it at once."""
    chats = Chats(FakeProviderClient(a=[failed(RATE, retry_after=30.0)], b=[[DONE], [DONE]]))
    await chats.ask()
    await chats.ask()
    [skip] = [each for each in chats.deltas if getattr(each, "outcome", "") == "skipped"]
    assert skip.until == WALL + 30


async def test_untried_key_is_named(autojump_clock):
    """The model's name alone would be ambiguous if another key was tried."""
    config = msgspec.structs.replace(CONFIG, fallback=Fallback(max_attempts=1))
    chats = Chats(
        FakeProviderClient(a=[failed(RATE)]), config=config, auth=FakeAuth(labels={"a": ["x", "y"]})
    )
    error = await chats.ask()
    messages = [row["message"] for row in error.data["skipped"]]
    assert messages[0].startswith("a/m (key y) was not tried: 1 attempts")
    assert messages[1].startswith("b/n was not tried: 1 attempts")


async def test_awaited_candidate_is_not_a_skip(autojump_clock):
    """The skips are those at the end of the request."""
    provider_client = FakeProviderClient(
        a=[failed(RATE, retry_after=30.0)], b=[failed(RATE, retry_after=5.0), [DONE]]
    )
    chats = Chats(provider_client)
    await chats.ask()
    result = await chats.ask(wait=10.0)
    assert (outcomes(result), reasons(result)) == (
        [("b", "default", "ok")],
        [("a", "default", "rate_limited")],
    )


async def test_wait_limit_covers_the_whole_request(autojump_clock):
    """A provider that names a new time again and again is not waited for."""
    provider_client = FakeProviderClient(
        a=[failed(RATE, retry_after=60.0)],
        b=[failed(RATE, retry_after=5.0), failed(RATE, retry_after=5.0)],
    )
    error = await Chats(provider_client).ask(wait=8.0)
    assert (error.code, len(provider_client.calls), trio.current_time()) == ("all_failed", 3, 5.05)


async def test_too_long_prompt_is_not_retried_after_a_wait(autojump_clock):
    """It does not get shorter, and attempts are limited."""
    provider_client = FakeProviderClient(
        a=[failed(CONTEXT)], b=[failed(RATE, retry_after=5.0), [DONE]]
    )
    catalog = Described(Model(id="m", window=1000), Model(id="n", window=2000))
    result = await Chats(provider_client, catalog=catalog).ask(wait=10.0)
    assert [call[0] for call in provider_client.calls] == ["a", "b", "b"]
    assert reasons(result) == [("a", "default", "context_too_long")]


# ------------------------------------------------------------------ how far it goes


async def test_attempts_are_limited():
    """The remaining candidates are skipped with the last failure's code."""
    config = msgspec.structs.replace(THREE, fallback=Fallback(max_attempts=2))
    provider_client = FakeProviderClient(
        a=[failed(SERVER)], b=[failed(FailureClass.OVERLOADED)], c=[]
    )
    error = await Chats(provider_client, config=config).ask()
    assert [outcome for *_, outcome in outcomes(error)] == ["provider_error", "overloaded"]
    assert reasons(error) == [("c", "default", "overloaded")]
    assert "c/o was not tried: 2 attempts were made (fallback.max_attempts)" in error.message


async def test_retry_with_a_new_key_counts_as_an_attempt():
    """The user limits the number of calls."""
    config = msgspec.structs.replace(CONFIG, fallback=Fallback(max_attempts=1))
    auth = FakeAuth(fresh={"a": Secret("second-key")})
    error = await Chats(
        FakeProviderClient(a=[failed(FailureClass.AUTH)]), config=config, auth=auth
    ).ask()
    assert outcomes(error) == [("a", "default", "auth_rejected")]


async def test_too_long_prompt_goes_only_to_larger_windows():
    """Windows of equal or unknown size are skipped."""
    catalog = Described(Model(id="m", window=1000), Model(id="o", window=1001))
    provider_client = FakeProviderClient(a=[failed(CONTEXT)], b=[], c=[[DONE]])
    result = await Chats(provider_client, config=THREE, catalog=catalog).ask()
    assert outcomes(result) == [("a", "default", "context_too_long"), ("c", "default", "ok")]
    assert reasons(result) == [("b", "default", "context_too_long")]


async def test_missing_ability_is_skipped_without_a_call():
    """The catalog already knows it."""
    provider_client = FakeProviderClient(b=[[DONE]])
    chats = Chats(provider_client, catalog=Described(Model(id="m", sampling=False)))
    result = await chats.ask(temperature=0.1)
    assert reasons(result) == [("a", "default", "bad_request")]
    assert result.skipped[0].message == "a/m does not accept temperature or top_p"


async def test_provider_fallbacks_are_used():
    """This also holds if the request selects the provider."""
    a = msgspec.structs.replace(A, fallback=("b/n",))
    config = Config(providers={"a": a, "b": B})
    provider_client = FakeProviderClient(a=[failed(SERVER)], b=[[DONE]])
    result = await Chats(provider_client, config=config).ask(model="a/m")
    assert (result.provider, result.model) == ("b", "n")


async def test_no_fallback_does_not_try_another_key():
    """The client requested one attempt."""
    auth = FakeAuth(labels={"a": ["x", "y"]})
    error = await Chats(FakeProviderClient(a=[failed(RATE)]), auth=auth).ask(
        route=RouteOptions(no_fallback=True)
    )
    assert (error.code, outcomes(error)) == ("rate_limited", [("a", "x", "rate_limited")])


# ------------------------------------------------------------------ what one request leaves others


async def test_conversation_stays_with_the_last_candidate(autojump_clock):
    """Other requests return to the first candidate when it works again."""
    provider_client = FakeProviderClient(
        a=[failed(FailureClass.NETWORK), [DONE]], b=[[DONE], [DONE]]
    )
    chats = Chats(provider_client)
    await chats.ask(conversation="c")
    await trio.sleep(600)
    assert (await chats.ask(conversation="c")).provider == "b"
    assert (await chats.ask()).provider == "a"


async def test_cooling_candidate_is_skipped_until_its_end(autojump_clock):
    """The skip has the time, and the first request after it is sent."""
    provider_client = FakeProviderClient(
        a=[failed(RATE, retry_after=60.0), [DONE]], b=[[DONE], [DONE]]
    )
    chats = Chats(provider_client)
    await chats.ask()
    result = await chats.ask()
    assert (result.provider, result.skipped[0].until) == ("b", WALL + 60)
    await trio.sleep(61)
    assert (await chats.ask()).provider == "a"


async def test_only_candidate_is_retried_as_last_resort():
    """No vendor named a time, and the skip is not reported."""
    provider_client = FakeProviderClient(a=[failed(SERVER), [DONE]])
    chats = Chats(provider_client)
    assert (await chats.ask(model="a/m")).code == "provider_error"
    result = await chats.ask(model="a/m")
    assert (outcomes(result), reasons(result)) == ([("a", "default", "ok")], [])


async def test_candidate_with_two_reasons_is_skipped_once():
    """The other key of a failed provider cools too, and is ruled out as a last resort."""
    auth = FakeAuth(labels={"a": ["x", "y"]})
    provider_client = FakeProviderClient(a=[failed(SERVER)], b=[failed(SERVER)])
    error = await Chats(provider_client, auth=auth).ask()
    assert reasons(error) == [("a", "y", "provider_error")]
    assert error.message == "no provider could answer. a: it failed; b: it failed"


async def test_full_limit_falls_back(autojump_clock):
    """The first candidate serves again when the limit resets."""
    limit = Limit(per="minute", provider="a", requests=1)
    config = msgspec.structs.replace(CONFIG, limits=(limit,))
    chats = Chats(FakeProviderClient(a=[[DONE], [DONE]], b=[[DONE]]), config=config)
    await chats.ask()
    result = await chats.ask()
    assert reasons(result) == [("a", "default", "limit_reached")]
    assert result.provider == "b"
    await trio.sleep(61)
    assert (await chats.ask()).provider == "a"


async def test_probe_stopped_by_a_limit_is_released(autojump_clock):
    """Other requests do not have to wait for a call that was never made."""

    class Crowded(FakeAuth):
        async def get_api_key(self, provider, name):
            if provider.name == "a" and chats.provider_client.calls:
                chats.limits.reserve(LimitKey("a", "work", "o", "other"), 2, None)
            return await super().get_api_key(provider, name)

    limit = Limit(per="minute", provider="a", requests=1)
    config = msgspec.structs.replace(CONFIG, limits=(limit,))
    provider_client = FakeProviderClient(a=[failed(QUOTA)], b=[[DONE], [DONE]])
    chats = Chats(provider_client, config=config, auth=Crowded())
    await chats.ask()
    await trio.sleep(700)
    assert provider_client.cooldowns.cooling("a", "default", "m").is_probe_due
    assert reasons(await chats.ask()) == [("a", "default", "limit_reached")]
    assert provider_client.cooldowns.cooling("a", "default", "m").is_probe_due


def in_a_fleet(chats, *, answers=True):
    """Let requests at provider `a` be limited to one a day by a fleet, or by one that is silent."""
    lines = Lines(MemoryEngine(wall))
    lines.is_answer_lost = not answers
    limit = Limit(per="day", provider="a", requests=1, is_shared=True)
    return Machine(lines, [limit], clock=wall, tracker=chats.limits)


async def test_a_request_that_gets_no_grant_falls_back(autojump_clock):
    chats = Chats(FakeProviderClient(a=[[DONE]], b=[[DONE]]))
    machine = in_a_fleet(chats)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(machine.sync.run)
        assert (await chats.ask()).provider == "a"
        result = await chats.ask()
        nursery.cancel_scope.cancel()
    assert result.provider == "b"
    assert reasons(result) == [("a", "default", "limit_reached")]


async def test_a_request_does_not_wait_for_grants_forever(autojump_clock):
    """Others may take what it was granted of one limit while it waits for another."""
    chats = Chats(FakeProviderClient(a=[[DONE]], b=[[DONE]]))
    machine = in_a_fleet(chats)
    machine.sync._engine.seconds = 0.05
    needed = GrantNeeded(machine.counter, 1)
    machine.sharing.shortage = lambda holds, now, *, has_turn: needed if holds else None
    async with trio.open_nursery() as nursery:
        nursery.start_soon(machine.sync.run)
        result = await chats.ask()
        nursery.cancel_scope.cancel()
    assert result.provider == "b"
    assert reasons(result) == [("a", "default", "limit_reached")]
    assert GRANTS_SECONDS < trio.current_time() < GRANTS_SECONDS + 2
    assert machine.share.turns.promised == 0


async def test_a_request_that_leaves_while_it_waits_for_a_grant_gives_its_probe_back(
    autojump_clock,
):
    provider_client = FakeProviderClient(a=[failed(QUOTA)], b=[[DONE]])
    chats = Chats(provider_client)
    await chats.ask()
    machine = in_a_fleet(chats, answers=False)
    await trio.sleep(700)
    with trio.move_on_after(0.05) as leaving:
        await chats.ask()
    assert leaving.cancelled_caught
    assert provider_client.cooldowns.cooling("a", "default", "m").is_probe_due
    assert machine.counter.reserved == machine.share.turns.promised == 0
    assert not machine.share.turns


async def test_a_request_without_a_grant_gives_its_probe_back(autojump_clock):
    """Another machine has used up the limit since the last answer."""
    provider_client = FakeProviderClient(a=[failed(QUOTA)], b=[[DONE], [DONE]])
    chats = Chats(provider_client)
    await chats.ask()
    machine = in_a_fleet(chats)
    limit = Limit(per="day", provider="a", requests=1, is_shared=True)
    other = Machine(machine.sync._engine, [limit], clock=wall, name="m1")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(machine.sync.run)
        nursery.start_soon(other.sync.run)
        await trio.sleep(700)
        key = LimitKey("a", "default", "m", "nvim")
        needed = other.tracker.reserve(key, 1, None)
        assert await other.sharing.wait(needed)
        other.tracker.reserve(key, 1, None, has_turn=True)
        result = await chats.ask()
        nursery.cancel_scope.cancel()
    assert reasons(result) == [("a", "default", "limit_reached")]
    assert provider_client.cooldowns.cooling("a", "default", "m").is_probe_due


async def test_unsent_probe_is_released(autojump_clock):
    """A request that cannot be encoded tests nothing."""
    refused = Unsent(failed(FailureClass.UNSUPPORTED, "not in this API"))
    provider_client = FakeProviderClient(a=[failed(QUOTA), refused], b=[[DONE], [DONE]])
    chats = Chats(provider_client)
    await chats.ask()
    await trio.sleep(700)
    await chats.ask()
    assert provider_client.cooldowns.cooling("a", "default", "m").is_probe_due


async def test_client_that_does_not_read_reserves_nothing(autojump_clock):
    """Nothing is reserved or sent before the client has the first notice."""
    limit = Limit(per="day", requests=1)
    chats = Chats(
        FakeProviderClient(a=[[DONE]]), config=msgspec.structs.replace(CONFIG, limits=(limit,))
    )

    async def far_behind(_deltas):
        await trio.sleep_forever()

    async with trio.open_nursery() as nursery:
        request = ChatRequest(messages=[Message("user", "q")], model="chain")
        stopped = trio.CancelScope()
        chat = partial(chats.controller.chat, memory=uncounted())
        nursery.start_soon(chat, request, Caller("slow"), far_behind, stopped)
        await trio.sleep(1)
        assert chats.provider_client.calls == []
        assert (await chats.ask()).provider == "a"
        nursery.cancel_scope.cancel()
    assert len(chats.ledger.begun) == 1


async def test_key_rejected_after_output_is_not_retried():
    """The key is still marked as rejected."""
    auth = FakeAuth(fresh={"a": Secret("fresh-key")})
    provider_client = FakeProviderClient(
        a=[[[TextDelta("half")], failed(FailureClass.AUTH)], [DONE]], b=[[DONE]]
    )
    error = await Chats(provider_client, auth=auth).ask()
    assert (error.data["text"], len(provider_client.calls)) == ("half", 1)
    assert auth.calls == [("rejected", "a", "first-key")]


async def test_new_key_may_use_the_same_probe(autojump_clock):
    """It is the same request, and its probe has no result yet."""
    auth = FakeAuth(fresh={})
    provider_client = FakeProviderClient(
        a=[failed(QUOTA), failed(FailureClass.AUTH), [DONE]], b=[[DONE]]
    )
    chats = Chats(provider_client, auth=auth)
    await chats.ask()
    await trio.sleep(700)
    auth.fresh["a"] = Secret("fresh-key")
    result = await chats.ask()
    assert outcomes(result) == [("a", "default", "auth_rejected"), ("a", "default", "ok")]


class OtherMachines:
    """A fleet that has something to say of each key, and another machine that may probe."""

    def __init__(self):
        self.may_probe = False
        self.keys = []
        self.cooled = []

    def note_key(self, provider, key):
        self.keys.append((provider.name, key.secret.reveal()))

    async def claim(self, provider, cooldown, seconds):
        await trio.sleep(0.05)
        return self.may_probe

    def note_cooling(self, provider, cooldown, secret):
        self.cooled.append(provider.name)

    def note_end(self, provider, cooldown, began):
        self.cooled.remove(provider)

    def note_returned(self, provider, cooldown):
        self.may_probe = False

    def note_left(self, provider, key):
        pass


async def test_a_fleet_is_asked_for_a_probe(autojump_clock):
    """While another machine probes, the next candidate is tried; else this one probes, once."""
    provider_client = FakeProviderClient(a=[failed(QUOTA), (1.0, [DONE])], b=[[DONE]] * 4)
    fleet = provider_client.cooldowns.fleet = OtherMachines()
    chats = Chats(provider_client)
    await chats.ask()
    assert fleet.cooled == ["a"]
    await trio.sleep(700)
    assert reasons(await chats.ask()) == [("a", "default", "quota_exhausted")]
    await trio.sleep(2)
    fleet.may_probe = True
    answered = []

    async def ask():
        answered.append((await chats.ask()).provider)

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(ask)
    assert sorted(answered) == ["a", "b", "b"]
    assert fleet.cooled == []
    assert ("a", "first-key") in fleet.keys


NOTHING = [Ending("stop", Usage(3, 0))]


@pytest.mark.parametrize("stream", [True, False])
async def test_empty_reply_falls_back(autojump_clock, stream):
    """Nothing was shown, so the next provider may answer; what the first one counted is kept."""
    thought = [ReasoningDelta("hm"), Ending("stop", Usage(3, 2))]
    for nothing in (NOTHING, thought):
        chats = Chats(FakeProviderClient(a=[[nothing]], b=[[DONE]]))
        result = await chats.ask(stream=stream)
        assert [a.outcome for a in result.attempts] == ["empty_reply", "ok"]
        assert result.attempts[0].message == "answered with nothing"
        assert (result.provider, result.empty) == ("b", msgspec.UNSET)
        first = min(chats.ledger.settled)
        assert chats.ledger.settled[first].usage == nothing[-1].usage


@pytest.mark.parametrize("others", [[NOTHING], failed(RATE)])
async def test_empty_reply_is_better_than_none(autojump_clock, others):
    """A model may have nothing to add: without another answer it is the result, and says so."""
    chats = Chats(FakeProviderClient(a=[[NOTHING]], b=[others]))
    result = await chats.ask()
    assert (result.provider, result.empty, result.finish) == ("a", True, "stop")
    assert result.message == {"role": "assistant", "content": []}
    assert len(result.attempts) == 2
    alone = await Chats(FakeProviderClient(a=[[NOTHING]])).ask(model="a/m")
    assert (alone.empty, alone.usage) == (True, Usage(3, 0))


async def test_ledger_has_every_call(autojump_clock):
    """Each has its outcome and usage; an error without output is free."""
    catalog = Described(
        Model(id="n", prices=Prices(rates=Rates(input=Decimal(1), output=Decimal(2))))
    )
    chats = Chats(FakeProviderClient(a=[failed(RATE)], b=[(1.0, [DONE])]), catalog=catalog)
    await chats.ask()
    ledger = chats.ledger
    assert [(s.provider, s.key, s.client, s.project) for s in ledger.begun] == [
        ("a", "default", "test", "proj"),
        ("b", "default", "test", "proj"),
    ]
    assert [(s.outcome, s.ms, s.cost_nano) for _, s in sorted(ledger.settled.items())] == [
        ("rate_limited", 0, 0),
        ("ok", 1000, 5_000),
    ]


# ------------------------------------------------------------------ properties of every request


LOCAL = Provider(name="local", kind="ollama", base_url="http://local", needs_key=False)
LABELS = {"a": ["x", "y"], "b": ["default"], "c": []}
ROUTES = st.lists(
    st.builds(Route, st.sampled_from(("a", "b", "c", "local")), st.sampled_from("mn")),
    min_size=1,
    max_size=5,
    unique=True,
)
FAILURES = st.builds(
    failed,
    st.sampled_from(FailureClass),
    st.sampled_from(("one", "two", "three")),
    retry_after=st.sampled_from((None, 1.0, 3600.0)),
)
SCRIPTS = st.one_of(
    FAILURES,
    FAILURES.map(lambda error: (1.0, error)),
    FAILURES.map(lambda error: [[ReasoningDelta("hm")], error]),
    FAILURES.map(lambda error: [[TextDelta("half")], error]),
    st.just([DONE]),
)
REQUESTS = st.fixed_dictionaries(
    {"wait": st.sampled_from((0.0, 30.0)), "conversation": st.sampled_from((None, "c"))}
)


@settings(max_examples=200)
@given(
    ROUTES,
    st.integers(1, 5),
    st.lists(FAILURES | SCRIPTS, max_size=12),
    st.lists(st.tuples(REQUESTS, st.sampled_from((0, 10, 4000))), min_size=1, max_size=4),
)
def test_every_sequence_of_failures_is_fully_reported(
    routes: list[Route],
    most: int,
    scripts: list[Script],
    requests: list[tuple[dict[str, object], int]],
) -> None:
    """Every call and skip is listed, and no call stays open."""

    async def main() -> None:
        config = Config(
            providers={"a": A, "b": B, "c": C, "local": LOCAL},
            models={"chain": Alias("chain", tuple(routes))},
            fallback=Fallback(max_attempts=most),
            limits=(Limit(per="hour", requests=8),),
        )
        remaining = [*scripts, *[[DONE]] * 20]  # in the order of the calls, whichever is called
        provider_client = FakeProviderClient(**dict.fromkeys(config.providers, remaining))
        chats = Chats(provider_client, config=config, auth=FakeAuth(labels=LABELS))
        for request, pause in requests:
            provider_client.calls.clear()
            check(await chats.ask(**request), provider_client.calls, routes, most)
            await trio.sleep(pause)
        assert chats.limits.statistics()["open"] == 0
        assert len(chats.ledger.settled) == len(chats.ledger.begun)
        assert provider_client.closed == 20 + len(scripts) - len(remaining)

    trio.run(main, clock=MockClock(autojump_threshold=0))


ACCOUNTS = {"a": ["private", "work"], "b": ["work", "private"], "c": ["private"]}
OPTIONS = st.sampled_from(
    [{"route": RouteOptions(key="work")}, {"model": "a@work/m"}, {"model": "b@work/n"}, {}]
)


@settings(max_examples=200)
@given(
    st.lists(FAILURES | SCRIPTS, max_size=12),
    st.lists(st.tuples(REQUESTS, OPTIONS, st.sampled_from((0, 10, 4000))), min_size=2, max_size=6),
)
def test_accounts_never_mix(
    scripts: list[Script],
    requests: list[tuple[dict[str, object], dict[str, object], int]],
) -> None:
    """A request for one label uses no other: not after failures, nor what other requests cached."""

    async def main() -> None:
        a = msgspec.structs.replace(A, fallback=("b/n", "c"))
        config = Config(providers={"a": a, "b": B, "c": C}, models=CONFIG.models)
        remaining = [*scripts, *[[DONE]] * 40]
        provider_client = FakeProviderClient(**dict.fromkeys(config.providers, remaining))
        auth = FakeAuth(labels=ACCOUNTS, fresh={"a": Secret("another-key")})
        chats = Chats(provider_client, config=config, auth=auth)
        for request, options, pause in requests:
            provider_client.calls.clear()
            await chats.ask(**request, **options)
            used = {key for _, _, key in provider_client.calls}
            assert not options or used <= {"work"}
            await trio.sleep(pause)

    trio.run(main, clock=MockClock(autojump_threshold=0))


async def test_the_cached_first_choice_is_that_of_the_label(autojump_clock):
    """A plain request uses the first key, before and after one that names another."""
    provider_client = FakeProviderClient(a=[[DONE]] * 6)
    chats = Chats(provider_client, auth=FakeAuth(labels={"a": ["private", "work"]}))
    for options in ({}, {"route": RouteOptions(key="work")}, {"model": "a@work/m"}):
        await chats.ask(**options)
        await chats.ask(**options)
    keys = [key for _, _, key in provider_client.calls]
    assert keys == ["private", "private", "work", "work", "work", "work"]


async def test_an_unknown_label_is_refused_before_any_call(autojump_clock):
    """The error says which there are."""
    chats = Chats(FakeProviderClient(), auth=FakeAuth(labels=ACCOUNTS))
    with pytest.raises(NotAuthenticated, match="a has private, work"):
        await chats.ask(route=RouteOptions(key="wrk"))
    assert chats.sent == []


def check(
    result: ChatResult | ChatFailed,
    calls: Sequence[tuple[str, str, str | None]],
    routes: Sequence[Route],
    most: int,
) -> None:
    """Check one answer or error against the calls that were made."""
    attempts, skipped = expected(result)
    tried = [place(attempt) for attempt in attempts]
    passed = [place(skip) for skip in skipped]
    assert tried == list(calls)
    assert len(tried) <= most
    assert len(set(passed)) == len(passed)
    if isinstance(result, ChatResult):
        assert attempts[-1]["outcome"] == "ok"
        return
    if ended_early(result, attempts):
        return
    assert set(tried) | set(passed) == {
        (route.provider, route.model, label)
        for route in routes
        for label in LABELS.get(route.provider) or [None]
    }
    sent = [*(attempt["message"] for attempt in attempts), *(skip["message"] for skip in skipped)]
    signed_in = result.code != "not_authenticated"
    assert not signed_in or all(message in result.message for message in sent)


def expected(result: ChatResult | ChatFailed) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    if isinstance(result, ChatFailed):
        return result.data["attempts"], result.data["skipped"]
    return msgspec.to_builtins(result.attempts), msgspec.to_builtins(result.skipped)


def place(row: dict[str, str]) -> tuple[str, str, str | None]:
    return (row["provider"], row["model"], row.get("key"))


FINAL = {
    failed(kind).code
    for kind, condemns in SCOPE_BY_FAILURE.items()
    if condemns is FailureScope.REQUEST
}


def ended_early(error: ChatFailed, attempts: Sequence[dict[str, str]]) -> bool:
    """Return whether the request was refused or the answer broke off: no candidate is next."""
    return "text" in error.data or (error.code in FINAL and attempts[-1]["outcome"] == error.code)
