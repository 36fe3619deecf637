"""The contract of all adapters: the same chats over real HTTP with each of the seven APIs.

`helpers.providers.contract_apis` says what an API lacks, with the message that refuses it.
Everything else works everywhere. See also `test_contract_tools` for tools and thinking,
`test_contract_failures` and `test_contract_oddities` for failures, `test_contract_ask` for the
command line.
"""

import json

import msgspec
import pytest

from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import Usage
from aircherd.vocabulary.secret import Secret
from helpers.providers.contract import PICTURE, Bench
from helpers.providers.contract_apis import APIS
from helpers.providers.provider_calls import CANARY
from helpers.providers.talking import SCHEMA, TOOL, Map, said, user

BOTH = pytest.mark.parametrize("stream", [True, False])
GIF = "R0lGODlhAQABAAAAACw="


# ------------------------------------------------------------------ text


@BOTH
async def test_text(bench: Bench, stream: bool) -> None:
    """Text, its end and its counts arrive; a stream brings it in pieces."""
    outcome = await bench.ask("one two three", system="be brief", stream=stream)
    assert (outcome.text, outcome.finish) == ("one two three", "stop")
    assert outcome.usage == Usage(input_tokens=5, output_tokens=3)
    assert (len(said(outcome.events)) > 1) == stream
    assert bench.last.key == CANARY


async def test_conversation(bench: Bench) -> None:
    """Roles and order of messages arrive, also of a system message inside the conversation."""
    answer = {"role": "assistant", "content": "first answer"}
    outcome = await bench.ask("first", answer, {"role": "system", "content": "be kind"}, "second")
    assert outcome.text == "second"
    body = json.dumps(bench.last.json)
    places = [body.index(text) for text in ("first", "first answer", "second")]
    assert places == sorted(places)
    assert "be kind" in body


async def test_any_unicode_text(bench: Bench) -> None:
    """Other scripts arrive unchanged; a lone surrogate becomes the replacement character."""
    assert (await bench.ask("Łódź 日本 🙂")).text == "Łódź 日本 🙂"
    assert (await bench.ask("half \ud83d of it")).text == "half \ufffd of it"


@BOTH
async def test_length(bench: Bench, stream: bool) -> None:
    """A reply that the limit cuts off says so; an API may have a higher minimum."""
    outcome = await bench.ask("count 40", max_tokens=20, stream=stream)
    assert (outcome.text, outcome.finish) == (" ".join(map(str, range(1, 21))), "length")


@BOTH
async def test_usage(bench: Bench, stream: bool) -> None:
    """Every count of the API is read: input includes cached tokens, output includes thinking."""
    bench.sim.behave(cached_tokens=2, cache_write_tokens=1, reasoning_tokens=4)
    outcome = await bench.ask("one two three four five", stream=stream)
    counts = {"cached_tokens": 2, "cache_write_tokens": 1, "reasoning_tokens": 4}
    expected = {name: count for name, count in counts.items() if name in bench.api.reported}
    assert outcome.usage == Usage(input_tokens=5, output_tokens=9, **expected)
    assert (outcome.cost is not None) == bench.api.reports_cost


@pytest.mark.parametrize("field", ["temperature", "top_p"])
async def test_sampling(bench: Bench, field: str) -> None:
    """It is sent, or refused for a model that is known not to take it."""
    assert (await bench.ask("hi", **{field: 1})).text == "hi"
    bench.model = msgspec.structs.replace(bench.model, sampling=False)
    failure = await bench.refused("hi", **{field: 1})
    assert failure.kind is FailureClass.UNSUPPORTED
    assert failure.message.startswith(f"{field}: {bench.api.model} does not take it")


# ------------------------------------------------------------------ keys and models


@pytest.mark.parametrize("bench", [name for name in APIS if name != "ollama"], indirect=True)
async def test_key_check(bench: Bench) -> None:
    """A valid key and a refused one are distinguished without a chat."""
    assert (
        await bench.provider_client.free_calls.check_key(bench.provider, Secret(CANARY))
    ).ok is True
    bench.sim.keys.revoke(bench.api.vendor)
    checked = await bench.provider_client.free_calls.check_key(bench.provider, Secret(CANARY))
    assert checked.ok is False
    assert checked.failure is not None
    assert CANARY not in checked.failure.message
    assert not any(each.endpoint == "chat" for each in bench.sim.requests)


async def test_models(bench: Bench) -> None:
    """Models that can chat are listed by the names that requests use."""
    names = [
        model.id
        for model in await bench.provider_client.free_calls.list_models(bench.provider, bench.key)
    ]
    assert names == bench.sim.behaviour.models[bench.api.vendor]
    bench.model = Model(id=names[0])
    assert (await bench.ask("one two")).text == "one two"


# ------------------------------------------------------------------ images and JSON


async def test_image(bench: Bench) -> None:
    """Base64 data reaches the model together with the text."""
    outcome = await bench.ask(user("what is this?", PICTURE, PICTURE))
    assert outcome.text == "I see 2: image/png, image/png"
    assert "what is this?" in bench.last_body


@BOTH
async def test_schema(bench: Bench, stream: bool) -> None:
    """The reply is JSON that matches."""
    response_format = {"type": "json_schema", "schema": SCHEMA}
    outcome = await bench.ask("hello", response_format=response_format, stream=stream)
    assert (json.loads(outcome.text), outcome.finish) == ({"a": "hello"}, "stop")


async def test_an_invalid_schema_is_refused(bench: Bench) -> None:
    """The message names its position, and nothing is sent."""
    response_format = {"type": "json_schema", "schema": "[1"}
    failure = await bench.refused("hello", response_format=response_format)
    assert failure.kind is FailureClass.BAD_REQUEST
    assert "response_format" in failure.message
    assert len(bench.sim.requests) == 0


# ------------------------------------------------------------------ what some APIs lack


class Ability(msgspec.Struct, frozen=True, kw_only=True):
    """A request that some API cannot express, and what all others answer."""

    prompt: tuple[str | Map, ...]
    fields: Map
    answer: str


FORCED: Map = {"tools": [TOOL], "tool_choice": "required"}
ABILITIES = {
    "stop": Ability(prompt=("one two three",), fields={"stop": [" three"]}, answer="one two"),
    "six stops": Ability(
        prompt=("one two three",), fields={"stop": [*"vwxyz", " two"]}, answer="one"
    ),
    "json_object": Ability(
        prompt=("hello",),
        fields={"response_format": {"type": "json_object"}},
        answer='{"answer": "hello"}',
    ),
    "forced": Ability(prompt=("hello",), fields=FORCED, answer="look"),
    "forced by name": Ability(
        prompt=("hello",), fields=FORCED | {"tool_choice": {"name": "look"}}, answer="look"
    ),
    "forced while thinking": Ability(
        prompt=("hello",), fields=FORCED | {"reasoning": "low"}, answer="look"
    ),
    "one at a time": Ability(
        prompt=("call look {} and look {}",),
        fields={"tools": [TOOL], "parallel_tool_calls": False},
        answer="look",
    ),
    "url": Ability(
        prompt=("what?", {"type": "image", "url": "https://host/a.png"}),
        fields={},
        answer="I see 1: https://host/a.png",
    ),
    "plain url": Ability(
        prompt=("what?", {"type": "image", "url": "http://host/a.png"}),
        fields={},
        answer="I see 1: http://host/a.png",
    ),
    "gif": Ability(
        prompt=("what?", {"type": "image", "media_type": "image/gif", "data": GIF}),
        fields={},
        answer="I see 1: image/gif",
    ),
}


@pytest.mark.parametrize("name", ABILITIES)
async def test_ability(bench: Bench, name: str) -> None:
    """It works, or is refused by a message that names what is missing, ours before it is sent."""
    ability = ABILITIES[name]
    outcome = await bench.try_to_ask(user(*ability.prompt), **ability.fields)
    lack, refusal = bench.api.lacks.get(name), bench.api.refuses.get(name)
    if lack is None and refusal is None:
        calls = " ".join(str(call["name"]) for call in outcome.of("tool_call"))
        assert (outcome.failure, calls or outcome.text) == (None, ability.answer)
        return
    assert outcome.failure is not None
    expected = (FailureClass.UNSUPPORTED, 0 if lack else 1)
    assert (outcome.failure.kind, len(bench.sim.requests)) == expected
    assert (lack or refusal or "") in outcome.failure.message


def test_lacks_are_abilities() -> None:
    """Every entry of `lacks` is tested."""
    named = {name for api in APIS.values() for name in (*api.lacks, *api.refuses)}
    assert named <= ABILITIES.keys()
