"""First choices are kept, and dropped with everything they depend on."""

import msgspec
import pytest
import trio

from aircherd.chat.latency import LatencyTracker
from aircherd.chat.route_cache import Target
from aircherd.config.model import Alias, Fallback, Limit, Network, Route
from aircherd.providers.call_target import CallTarget
from aircherd.routing import plan as plan_module
from aircherd.routing.candidate import Candidate
from aircherd.vocabulary.chat import Message, Requirements, RouteOptions
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.parts import ImagePart
from helpers.chat import CONFIG, DONE, A, Chats, FakePool, failed
from helpers.routing import Described


@pytest.fixture
def plans(monkeypatch):
    """The queries that were planned."""
    queries = []
    original = plan_module.plan

    def plan(query, *args):
        queries.append(query)
        return original(query, *args)

    monkeypatch.setattr("aircherd.chat.fallback.plan", plan)
    return queries


async def ask(chats, **request):
    """Ask once; return the provider that answered."""
    return (await chats.ask(**request)).provider


async def test_the_second_request_needs_no_plan(plans):
    """It goes to the same candidate, with a key of the moment."""
    chats = Chats(FakePool(a=[[DONE], [DONE], [DONE]]))
    assert [await ask(chats) for _ in range(3)] == ["a", "a", "a"]
    assert len(plans) == 1
    assert chats.provider_client.calls == [("a", "m", "default")] * 3


async def test_a_failed_first_choice_is_followed_by_the_rest_of_its_plan(plans):
    """It is called once, is no skip, and the next one answers."""
    chats = Chats(FakePool(a=[[DONE], failed(FailureClass.SERVER)], b=[[DONE]]))
    await chats.ask()
    result = await chats.ask()
    assert [(each.provider, each.outcome) for each in result.attempts] == [
        ("a", "provider_error"),
        ("b", "ok"),
    ]
    assert result.skipped == []


async def test_while_the_first_choice_cools_every_request_is_planned(plans, autojump_clock):
    """Afterwards it is the first choice again."""
    limited = failed(FailureClass.RATE, retry_after=30.0)
    chats = Chats(FakePool(a=[[DONE], limited, [DONE], [DONE]], b=[[DONE], [DONE]]))
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
async def test_a_request_with_options_of_its_own_is_planned(plans, request_):
    """Its first choice is its own."""
    chats = Chats(FakePool(a=[[DONE]] * 3, b=[[DONE]] * 3))
    for _ in range(2):
        await chats.ask(**request_)
    assert len(plans) == 2
    await chats.ask()
    assert len(plans) == 3


@pytest.mark.parametrize("fallback", [Fallback(strategy="fastest"), Fallback(max_cost_increase=2)])
async def test_an_order_that_changes_by_itself_is_not_kept(plans, fallback):
    """Speeds and prices differ from request to request."""
    config = msgspec.structs.replace(CONFIG, fallback=fallback)
    chats = Chats(FakePool(a=[[DONE]] * 2, b=[[DONE]] * 2), config=config)
    for _ in range(2):
        await chats.ask()
    assert len(plans) == 2


async def test_a_request_that_does_not_fit_goes_elsewhere(plans):
    """Too long for the first choice, or with pictures that it cannot see."""
    catalog = Described(Model(id="m", window=100, images=False), Model(id="n"))
    chats = Chats(FakePool(a=[[DONE]] * 2, b=[[DONE]] * 2), catalog=catalog)
    assert await ask(chats) == "a"
    assert await ask(chats, system="x" * 2000) == "b"
    picture = [ImagePart(media_type="image/png", data="iVBORw0KGgo=")]
    assert await ask(chats, messages=[Message("user", picture)]) == "b"
    assert await ask(chats) == "a"


async def test_a_full_limit_sends_requests_elsewhere(plans, autojump_clock):
    """It is looked at for each request."""
    limit = Limit(per="minute", provider="a", requests=2)
    config = msgspec.structs.replace(CONFIG, limits=(limit,))
    chats = Chats(FakePool(a=[[DONE]] * 3, b=[[DONE]] * 2), config=config)
    assert [await ask(chats) for _ in range(3)] == ["a", "a", "b"]
    await trio.sleep(61)
    assert await ask(chats) == "a"


async def test_another_configuration_has_other_first_choices(plans):
    """The alias leads elsewhere by now."""
    chats = Chats(FakePool(a=[[DONE]] * 2, b=[[DONE]] * 2))
    assert await ask(chats) == "a"
    turned = Alias("chain", (Route("b", "n"), Route("a", "m")))
    chats.controller._config.config = msgspec.structs.replace(CONFIG, models={"chain": turned})
    assert [await ask(chats) for _ in range(2)] == ["b", "b"]


async def test_an_auth_event_drops_all_first_choices(plans):
    """A key that was stored may belong to an earlier candidate."""
    chats = Chats(FakePool(a=[[DONE]] * 2))
    await chats.ask()
    chats.controller.services.bus.publish("auth", {"provider": "a"})
    await chats.ask()
    assert len(plans) == 2


async def test_a_changed_catalogue_drops_all_first_choices(plans):
    """Windows, abilities and prices may be others."""
    chats = Chats(FakePool(a=[[DONE]] * 2))
    await chats.ask()
    chats.controller.services.catalog.generation += 1
    await chats.ask()
    assert len(plans) == 2


async def test_made_up_names_do_not_fill_the_memory(monkeypatch):
    """Clients may ask for any provider/model."""
    monkeypatch.setattr("aircherd.chat.route_cache.MAX_KEPT", 3)
    chats = Chats(FakePool(a=[[DONE]] * 10))
    for number in range(10):
        await chats.ask(model=f"a/m{number}")
    assert repr(chats.controller.services.routes) == "<RouteCache of 1 first choices>"


@pytest.mark.parametrize(
    ("model", "requirements", "fits"),
    [
        (Model(id="m"), Requirements(abilities=("images",), input_tokens=10**9), True),
        (Model(id="m", images=True), Requirements(abilities=("images",)), True),
        (Model(id="m", images=False), Requirements(abilities=("images",)), False),
        (Model(id="m", window=100), Requirements(input_tokens=200), True),
        (Model(id="m", window=100), Requirements(input_tokens=201), False),
    ],
)
def test_a_target_knows_what_fits(model, requirements, fits):
    """What is unknown is no reason against it, and an estimate of the size may be twice too high."""
    average = LatencyTracker().average_of("a", "m")
    target = Target(Candidate(A, model, None), CallTarget(A, model, Network()), average)
    assert target.fits(requirements) is fits
