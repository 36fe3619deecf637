"""Who would be asked, and why, with nobody asked."""

from decimal import Decimal

import msgspec

from aircherd.chat.explain import explain
from aircherd.config.model import Fallback, Override
from aircherd.vocabulary.failure import Failure, FailureClass
from helpers.chat import CONFIG, A, Chats, FakePool
from helpers.provider_calls import a_request


def explained(chats, config=CONFIG, **request):
    return explain(chats.controller.means, config, a_request(model="chain", **request), "test")


async def test_the_chain_in_its_order():
    """With what the request needs, and nobody called."""
    pool = FakePool()
    told = explained(Chats(pool), temperature=0.5)
    assert [(row["provider"], row["model"], row["why"]) for row in told["candidates"]] == [
        ("a", "m", "first in the chain"),
        ("b", "n", "next in the chain"),
    ]
    assert list(told["needs"]["abilities"]) == ["sampling"]
    assert (told["strategy"], told["max_attempts"], told["skipped"]) == ("priority", 4, [])
    assert pool.calls == []


async def test_who_is_passed_over_and_until_when():
    """A vendor's own time holds."""
    pool = FakePool()
    chats = Chats(pool)
    rate = Failure(kind=FailureClass.RATE, message="too fast", retry_after=30.0)
    pool.cooldowns.note_failure(A, "default", "m", rate)
    told = explained(chats)
    assert [row["provider"] for row in told["candidates"]] == ["b"]
    (skip,) = told["skipped"]
    assert (skip["provider"], skip["reason"]) == ("a", "rate_limited")
    assert skip["until"] > chats.controller.means.clock()


async def test_a_price_decides_and_is_told():
    """Unknown prices come last, and say so."""
    override = Override(input_price=Decimal(1), output_price=Decimal(1))
    config = msgspec.structs.replace(
        CONFIG, fallback=Fallback(strategy="cheapest"), catalog={"b/n": override}
    )
    chats = Chats(FakePool(), config=config)
    chats.controller.means.catalog._config = lambda: config
    told = explained(chats, config)
    assert [(row["provider"], "price" in row) for row in told["candidates"]] == [
        ("b", True),
        ("a", False),
    ]
    assert told["candidates"][1]["why"] == "its price is unknown"


async def test_who_holds_the_conversation_comes_first():
    """And that is why."""
    chats = Chats(FakePool())
    chats.controller.means.recall._conversations["talk"] = ("b", "n", "default")
    told = explained(chats, conversation="talk")
    assert told["candidates"][0]["provider"] == "b"
    assert told["candidates"][0]["why"] == "answered last in this conversation"
