"""Who would be asked, and why, with nobody asked."""

from decimal import Decimal

import msgspec
import pytest

from aircherd.chat.explain import explain
from aircherd.config.model import Fallback, Override
from aircherd.usage.output_estimator import DEFAULT_OUTPUT
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.models import Model
from helpers.chat import CONFIG, A, Chats, FakeProviderClient
from helpers.providers.provider_calls import a_request
from helpers.routing import Described


def explained(chats, config=CONFIG, **request):
    return explain(chats.controller.services, config, a_request(model="chain", **request), "test")


async def test_the_chain_in_its_order():
    """With what the request needs, and nobody called."""
    provider_client = FakeProviderClient()
    sent = explained(Chats(provider_client), temperature=0.5)
    assert [(row["provider"], row["model"], row["why"]) for row in sent["candidates"]] == [
        ("a", "m", "first in the chain"),
        ("b", "n", "next in the chain"),
    ]
    assert list(sent["needs"]["abilities"]) == ["sampling"]
    assert (sent["strategy"], sent["max_attempts"], sent["skipped"]) == ("priority", 4, [])
    assert provider_client.calls == []


async def test_who_is_passed_over_and_until_when():
    """A vendor's own time holds."""
    provider_client = FakeProviderClient()
    chats = Chats(provider_client)
    rate = Failure(kind=FailureClass.RATE, message="too fast", retry_after=30.0)
    provider_client.cooldowns.note_failure(A, "default", "m", rate)
    sent = explained(chats)
    assert [row["provider"] for row in sent["candidates"]] == ["b"]
    (skip,) = sent["skipped"]
    assert (skip["provider"], skip["reason"]) == ("a", "rate_limited")
    assert skip["until"] > chats.controller.services.clock()


async def test_a_price_decides_and_is_told():
    """Unknown prices come last, and say so."""
    override = Override(input_price=Decimal(1), output_price=Decimal(1))
    config = msgspec.structs.replace(
        CONFIG, fallback=Fallback(strategy="cheapest"), catalog={"b/n": override}
    )
    chats = Chats(FakeProviderClient(), config=config)
    chats.controller.services.catalog._config = lambda: config
    sent = explained(chats, config)
    assert [(row["provider"], "price" in row) for row in sent["candidates"]] == [
        ("b", True),
        ("a", False),
    ]
    assert sent["candidates"][1]["why"] == "its price is unknown"


async def test_who_holds_the_conversation_comes_first():
    """And that is why."""
    chats = Chats(FakeProviderClient())
    chats.controller.services.affinity._preferred["talk"] = ("b", "n", "default")
    sent = explained(chats, conversation="talk")
    assert sent["candidates"][0]["provider"] == "b"
    assert sent["candidates"][0]["why"] == "answered last in this conversation"


async def test_a_last_resort_is_listed_once():
    """Among those who are asked, with the end of what was only a guess."""
    provider_client = FakeProviderClient()
    chats = Chats(provider_client)
    broken = Failure(kind=FailureClass.SERVER, message="it failed")
    provider_client.cooldowns.note_failure(A, "default", "m", broken)
    sent = explained(chats)
    assert [row["provider"] for row in sent["candidates"]] == ["b", "a"]
    assert sent["candidates"][1]["why"] == "last resort: it failed"
    assert sent["candidates"][1]["until"] > chats.controller.services.clock()
    assert sent["skipped"] == []


async def test_a_request_that_may_be_too_long_is_marked():
    """The guess may be wrong, so the model is asked all the same."""
    catalog = Described(Model(id="m", window=1000), Model(id="n", window=2000))
    sent = explained(Chats(FakeProviderClient(), catalog=catalog), system="x" * 5250)
    assert [row["why"] for row in sent["candidates"]] == [
        "first in the chain; too long for its window of 1,000 tokens, if the estimate is right",
        "next in the chain",
    ]


async def test_what_a_price_is_for():
    """As many tokens out as are expected, or as the request allows."""
    chats = Chats(FakeProviderClient())
    assert explained(chats)["candidates"][0]["output_tokens"] == DEFAULT_OUTPUT
    assert explained(chats, max_tokens=7)["candidates"][0]["output_tokens"] == 7


@pytest.mark.parametrize(("seconds", "said"), [(0.0001, "1 ms"), (0.004, "4 ms"), (2.34, "2.3 s")])
async def test_how_fast_somebody_is(seconds, said):
    """Nobody's first words come after nothing."""
    config = msgspec.structs.replace(CONFIG, fallback=Fallback(strategy="fastest"))
    chats = Chats(FakeProviderClient(), config=config)
    chats.controller.services.latency.latency_of = lambda provider, model: seconds
    assert explained(chats, config)["candidates"][0]["why"] == f"first output after {said}"
