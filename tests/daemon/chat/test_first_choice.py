"""The usual first candidate is used without a plan as long as it can serve the request."""

import msgspec
import pytest
import trio

from aircherd.config.model import Fallback, Limit
from aircherd.vocabulary.chat import Message, RouteOptions
from aircherd.vocabulary.content.media import ImagePart
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model
from helpers.chat import CONFIG, DONE, Chats, FakeProviderClient, failed
from helpers.routing import Described


async def ask(chats, **request):
    """Run one chat; return the provider that answered."""
    return (await chats.ask(**request)).provider


async def test_second_request_needs_no_plan(plans):
    """It goes to the same candidate, and its key is read again."""
    chats = Chats(FakeProviderClient(a=[[DONE], [DONE], [DONE]]))
    assert [await ask(chats) for _ in range(3)] == ["a", "a", "a"]
    assert len(plans) == 1
    assert chats.provider_client.calls == [("a", "m", "default")] * 3


async def test_failed_first_choice_falls_back(plans):
    """It is called once and is not a skip."""
    chats = Chats(FakeProviderClient(a=[[DONE], failed(FailureClass.SERVER)], b=[[DONE]]))
    await chats.ask()
    result = await chats.ask()
    assert [(each.provider, each.outcome) for each in result.attempts] == [
        ("a", "provider_error"),
        ("b", "ok"),
    ]
    assert result.skipped == []


async def test_cooling_first_choice_needs_a_plan(plans, autojump_clock):
    """Afterwards it is used again."""
    limited = failed(FailureClass.RATE, retry_after=30.0)
    chats = Chats(FakeProviderClient(a=[[DONE], limited, [DONE], [DONE]], b=[[DONE], [DONE]]))
    assert [await ask(chats) for _ in range(3)] == ["a", "b", "b"]
    await trio.sleep(31)
    assert [await ask(chats) for _ in range(2)] == ["a", "a"]


@pytest.mark.parametrize(
    "request_",
    [
        {"route": RouteOptions(providers=["b"])},
        {"route": RouteOptions(strategy="cheapest")},
        {"conversation": "tea"},
    ],
)
async def test_request_with_route_options_needs_a_plan(plans, request_):
    """Its first choice depends on them."""
    chats = Chats(FakeProviderClient(a=[[DONE]] * 3, b=[[DONE]] * 3))
    for _ in range(2):
        await chats.ask(**request_)
    assert len(plans) == 2
    await chats.ask()
    assert len(plans) == 3


@pytest.mark.parametrize("fallback", [Fallback(strategy="fastest"), Fallback(max_cost_increase=2)])
async def test_changing_order_is_not_cached(plans, fallback):
    """Latencies and prices differ from request to request."""
    config = msgspec.structs.replace(CONFIG, fallback=fallback)
    chats = Chats(FakeProviderClient(a=[[DONE]] * 2, b=[[DONE]] * 2), config=config)
    for _ in range(2):
        await chats.ask()
    assert len(plans) == 2


async def test_request_that_does_not_fit_needs_a_plan(plans):
    """It is too long for the first choice, or has images that the model cannot read."""
    catalog = Described(Model(id="m", window=100, images=False), Model(id="n"))
    chats = Chats(FakeProviderClient(a=[[DONE]] * 2, b=[[DONE]] * 2), catalog=catalog)
    assert await ask(chats) == "a"
    assert await ask(chats, system="x" * 2000) == "b"
    picture = [ImagePart(media_type="image/png", data="iVBORw0KGgo=")]
    assert await ask(chats, messages=[Message("user", picture)]) == "b"
    assert await ask(chats) == "a"


async def test_full_limit_needs_a_plan(plans, autojump_clock):
    """Limits are checked for each request."""
    limit = Limit(per="minute", provider="a", requests=2)
    config = msgspec.structs.replace(CONFIG, limits=(limit,))
    chats = Chats(FakeProviderClient(a=[[DONE]] * 3, b=[[DONE]] * 2), config=config)
    assert [await ask(chats) for _ in range(3)] == ["a", "a", "b"]
    await trio.sleep(61)
    assert await ask(chats) == "a"


async def test_choice_planned_before_a_wait_is_not_cached(plans, autojump_clock):
    """A key that was stored during the wait may have changed the routes."""
    limited = failed(FailureClass.RATE, retry_after=5.0)
    chats = Chats(FakeProviderClient(a=[limited, [DONE], [DONE]]))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(lambda: ask(chats, model="a/m", wait=20.0))
        await trio.sleep(1)
        chats.controller.services.bus.publish("auth", {"provider": "b"})
    assert await ask(chats, model="a/m") == "a"
    assert len(plans) == 2
