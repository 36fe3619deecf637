"""The explanation of a plan, without a call."""

from decimal import Decimal

import msgspec
import pytest

from aircherd.chat.caller import Caller
from aircherd.chat.explain import explain
from aircherd.config.model import Fallback, Override, Project
from aircherd.errors import NotAuthenticated
from aircherd.usage.output_estimator import DEFAULT_OUTPUT
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.models import Model
from helpers.chat import CONFIG, A, Chats, FakeAuth, FakeProviderClient
from helpers.providers.provider_calls import a_request
from helpers.routing import Described


def explained(chats, config=CONFIG, **request):
    return explain(
        chats.controller.services, config, a_request(model="chain", **request), Caller("test")
    )


async def test_chain_in_order():
    """The result has the requirements, and no provider is called."""
    provider_client = FakeProviderClient()
    explanation = explained(Chats(provider_client), temperature=0.5)
    assert [(row["provider"], row["model"], row["why"]) for row in explanation["candidates"]] == [
        ("a", "m", "first in the chain"),
        ("b", "n", "next in the chain"),
    ]
    assert list(explanation["needs"]["abilities"]) == ["sampling"]
    assert (explanation["strategy"], explanation["max_attempts"], explanation["skipped"]) == (
        "priority",
        4,
        [],
    )
    assert provider_client.calls == []


@pytest.mark.parametrize("conversation", [None, "talk"])
async def test_only_one_key_of_a_provider_is_first(conversation):
    """The next one is asked after it, also where it stands first for what it answered."""
    chats = Chats(FakeProviderClient(), auth=FakeAuth(labels={"a": ["default", "work"]}))
    chats.controller.services.affinity._preferred["talk"] = ("a", "m", "work")
    explanation = explained(chats, conversation=conversation)
    assert [(row["provider"], row["key"], row["why"]) for row in explanation["candidates"]] == (
        [
            ("a", "work", "answered last in this conversation"),
            ("a", "default", "next key of a"),
            ("b", "default", "next in the chain"),
        ]
        if conversation
        else [
            ("a", "default", "first in the chain"),
            ("a", "work", "next key of a"),
            ("b", "default", "next in the chain"),
        ]
    )


async def test_skips_have_their_end():
    """The vendor's own time is reported."""
    provider_client = FakeProviderClient()
    chats = Chats(provider_client)
    rate = Failure(kind=FailureClass.RATE, message="too fast", retry_after=30.0)
    provider_client.cooldowns.note_failure(A, "default", "m", rate)
    explanation = explained(chats)
    assert [row["provider"] for row in explanation["candidates"]] == ["b"]
    (skip,) = explanation["skipped"]
    assert (skip["provider"], skip["reason"]) == ("a", "rate_limited")
    assert skip["until"] > chats.controller.services.clock()


async def test_cheapest_shows_prices():
    """Unknown prices come last and are reported as unknown."""
    override = Override(input_price=Decimal(1), output_price=Decimal(1))
    config = msgspec.structs.replace(
        CONFIG, fallback=Fallback(strategy="cheapest"), catalog={"b/n": override}
    )
    chats = Chats(FakeProviderClient(), config=config)
    chats.controller.services.catalog._config = lambda: config
    explanation = explained(chats, config)
    assert [(row["provider"], "price" in row) for row in explanation["candidates"]] == [
        ("b", True),
        ("a", False),
    ]
    assert explanation["candidates"][1]["why"] == "its price is unknown"


async def test_preferred_candidate_comes_first():
    """The conversation is given as the reason."""
    chats = Chats(FakeProviderClient())
    chats.controller.services.affinity._preferred["talk"] = ("b", "n", "default")
    explanation = explained(chats, conversation="talk")
    assert explanation["candidates"][0]["provider"] == "b"
    assert explanation["candidates"][0]["why"] == "answered last in this conversation"


async def test_a_last_resort_is_listed_once():
    """It is a candidate, with the end of its guessed cooldown."""
    provider_client = FakeProviderClient()
    chats = Chats(provider_client)
    broken = Failure(kind=FailureClass.SERVER, message="it failed")
    provider_client.cooldowns.note_failure(A, "default", "m", broken)
    explanation = explained(chats)
    assert [row["provider"] for row in explanation["candidates"]] == ["b", "a"]
    assert explanation["candidates"][1]["why"] == "last resort: it failed"
    assert explanation["candidates"][1]["until"] > chats.controller.services.clock()
    assert explanation["skipped"] == []


async def test_possibly_too_long_request_is_marked():
    """The estimate may be wrong, so the model stays a candidate."""
    catalog = Described(Model(id="m", window=1000), Model(id="n", window=2000))
    explanation = explained(Chats(FakeProviderClient(), catalog=catalog), system="x" * 5250)
    assert [row["why"] for row in explanation["candidates"]] == [
        "first in the chain; too long for its window of 1,000 tokens, if the estimate is right",
        "next in the chain",
    ]


async def test_output_tokens_of_a_price():
    """They are the expected ones, or the request's maximum."""
    chats = Chats(FakeProviderClient())
    assert explained(chats)["candidates"][0]["output_tokens"] == DEFAULT_OUTPUT
    assert explained(chats, max_tokens=7)["candidates"][0]["output_tokens"] == 7


@pytest.mark.parametrize(("seconds", "said"), [(0.0001, "1 ms"), (0.004, "4 ms"), (2.34, "2.3 s")])
async def test_fastest_shows_latencies(seconds, said):
    """The shortest latency is 1 ms."""
    config = msgspec.structs.replace(CONFIG, fallback=Fallback(strategy="fastest"))
    chats = Chats(FakeProviderClient(), config=config)
    chats.controller.services.latency.latency_of = lambda provider, model: seconds
    assert explained(chats, config)["candidates"][0]["why"] == f"first output after {said}"


async def test_the_entry_for_the_folder_is_named():
    """It restricts the plan, and an error about its key says so."""
    project = Project(folder="/src/acme", key="work")
    config = msgspec.structs.replace(CONFIG, projects={"~/acme": project})
    chats = Chats(FakeProviderClient(), auth=FakeAuth(labels={"a": ["x", "work"], "b": ["x"]}))
    request, caller = a_request(model="chain"), Caller("test", "/src/acme")
    explanation = explain(chats.controller.services, config, request, caller)
    assert explanation["project"] == "~/acme"
    assert [row["key"] for row in explanation["candidates"]] == ["work"]
    assert "project" not in explain(chats.controller.services, config, request, Caller("test"))
    wrong = msgspec.structs.replace(project, key="wrk")
    config = msgspec.structs.replace(CONFIG, projects={"~/acme": wrong})
    with pytest.raises(NotAuthenticated, match=r"Requests from ~/acme use this key only"):
        explain(chats.controller.services, config, request, caller)
