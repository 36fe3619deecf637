"""The routing state of one request, from the services."""

from decimal import Decimal

import msgspec
import pytest

from aircherd.chat.caller import Caller
from aircherd.chat.live_state import LiveRoutingState
from aircherd.config.model import Limit
from aircherd.routing.candidate import Candidate
from aircherd.usage.output_estimator import DEFAULT_OUTPUT
from aircherd.vocabulary.chat import Requirements
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.keys import KeyChoice, KeyState
from aircherd.vocabulary.models import Model, Prices, Rates
from aircherd.vocabulary.reply import Ending, TextDelta, Usage
from helpers.chat import CONFIG, A, Chats, FakeAuth, FakeProviderClient, failed

RATES = Rates(input=Decimal(1), output=Decimal(10))
PRICED = Model(id="m", prices=Prices(rates=RATES))


def a_view(chats: Chats, client: str = "test", **needs: int) -> LiveRoutingState:
    return LiveRoutingState(chats.controller.services, Requirements(**needs), Caller(client))


async def test_keys_and_models_come_from_the_services():
    """They are current at each call."""
    auth = FakeAuth(labels={"a": ["x", "y"]})
    chats = Chats(FakeProviderClient(), auth=auth)
    state = a_view(chats)
    auth.rejected.add(("a", "x"))
    assert state.keys_of(A) == [
        KeyChoice("x", KeyState.REJECTED),
        KeyChoice("y", KeyState.AUTHENTICATED),
    ]
    assert state.models is chats.controller.services.catalog


async def test_cooldown_applies_to_its_scope_only():
    """The rate limit of one key does not affect another key."""
    provider_client = FakeProviderClient()
    state = a_view(Chats(provider_client))
    provider_client.cooldowns.note_failure(
        A, "x", "m", failed(FailureClass.RATE, retry_after=60.0).failure
    )
    assert state.cooling("a", "x", "m").reason == "rate_limited"
    assert [state.cooling(*place) for place in (("a", "y", "m"), ("b", "x", "m"))] == [None, None]


async def test_limit_applies_to_its_client_only():
    """It counts what this request would use."""
    limit = Limit(per="day", client="test", tokens=1000)
    chats = Chats(FakeProviderClient(), config=msgspec.structs.replace(CONFIG, limits=(limit,)))
    large = {"input_tokens": 900, "output_tokens": 200}
    assert a_view(chats, **large).limited("a", "x", PRICED).reason == "limit_reached"
    assert a_view(chats, client="other", **large).limited("a", "x", PRICED) is None
    assert a_view(chats, input_tokens=1, output_tokens=1).limited("a", "x", PRICED) is None


@pytest.mark.parametrize(
    ("needs", "price"),
    [
        ({"input_tokens": 10, "output_tokens": 5}, "0.00006"),
        ({"input_tokens": 10}, f"{10 + 10 * DEFAULT_OUTPUT}e-6"),
    ],
)
async def test_price_is_for_input_and_output(needs, price):
    """Without a maximum, the usual output is used."""
    assert a_view(Chats(FakeProviderClient()), **needs).price("a", PRICED) == Decimal(price)


async def test_price_uses_the_reserved_output():
    """It is this model's usual output, and at most its maximum."""
    chats = Chats(FakeProviderClient(a=[[[TextDelta("hi"), Ending("stop", Usage(3, 2512))]]]))
    await chats.ask()  # it counts as much as the initial estimate
    talkative = msgspec.structs.replace(PRICED, id=chats.ledger.begun[0].model)
    terse = msgspec.structs.replace(talkative, max_output=100)
    state = a_view(chats, input_tokens=10)
    assert state.price("a", talkative) == Decimal(10 + 10 * (DEFAULT_OUTPUT + 1000)) / 10**6
    assert state.price("a", terse) == Decimal(10 + 10 * 100) / 10**6
    assert state.price("b", talkative) == Decimal(10 + 10 * DEFAULT_OUTPUT) / 10**6


async def test_unknown_price_is_none():
    """It is never 0."""
    assert a_view(Chats(FakeProviderClient()), input_tokens=10).price("a", Model(id="m")) is None


async def test_latency_and_preference_come_from_earlier_requests():
    """Both are None before the first one."""
    chats = Chats(FakeProviderClient())
    state, services = a_view(chats), chats.controller.services
    assert (state.latency_of("a", "m"), state.preferred("c")) == (None, None)
    services.latency.note(services.latency.average_of("a", "m"), 0.5)
    services.affinity.note_answer(Candidate(A, PRICED, "x"), "c")
    assert (state.latency_of("a", "m"), state.preferred("c")) == (0.5, ("a", "m", "x"))
