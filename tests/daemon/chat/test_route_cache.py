"""First choices are cached, and dropped with everything that they depend on."""

import msgspec
import pytest

from aircherd.chat.latency import LatencyTracker
from aircherd.chat.route_cache import Target
from aircherd.config.model import Alias, Network, Route
from aircherd.providers.call_target import CallTarget
from aircherd.routing.candidate import Candidate
from aircherd.vocabulary.chat import Requirements
from aircherd.vocabulary.models import Model
from helpers.chat import CONFIG, DONE, A, Chats, FakeProviderClient


async def ask(chats, **request):
    """Run one chat; return the provider that answered."""
    return (await chats.ask(**request)).provider


async def test_new_configuration_drops_first_choices(plans):
    """The alias has other routes now."""
    chats = Chats(FakeProviderClient(a=[[DONE]] * 2, b=[[DONE]] * 2))
    assert await ask(chats) == "a"
    turned = Alias("chain", (Route("b", "n"), Route("a", "m")))
    chats.controller._config.config = msgspec.structs.replace(CONFIG, models={"chain": turned})
    assert [await ask(chats) for _ in range(2)] == ["b", "b"]


async def test_auth_event_drops_first_choices(plans):
    """A stored key may belong to an earlier candidate."""
    chats = Chats(FakeProviderClient(a=[[DONE]] * 2))
    await chats.ask()
    chats.controller.services.bus.publish("auth", {"provider": "a"})
    await chats.ask()
    assert len(plans) == 2


async def test_changed_catalog_drops_first_choices(plans):
    """Windows, abilities and prices may differ."""
    chats = Chats(FakeProviderClient(a=[[DONE]] * 2))
    await chats.ask()
    chats.controller.services.catalog.generation += 1
    await chats.ask()
    assert len(plans) == 2


async def test_number_of_cached_names_is_bounded(monkeypatch):
    """Clients may send any provider/model."""
    monkeypatch.setattr("aircherd.chat.route_cache.MAX_KEPT", 3)
    chats = Chats(FakeProviderClient(a=[[DONE]] * 10))
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
def test_target_checks_whether_a_request_fits(model, requirements, fits):
    """Unknown abilities pass, and the estimate of the size may be twice too high."""
    average = LatencyTracker().average_of("a", "m")
    target = Target(Candidate(A, model, None), CallTarget(A, model, Network()), average)
    assert target.fits(requirements) is fits
