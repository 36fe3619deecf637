"""The contract of all adapters: the same chats over real HTTP with each of the seven APIs.

What an API lacks is in `helpers.providers.contract_apis`, with the sentence that refuses it.
Everything else works everywhere. Tools and thinking: `test_contract_tools`; what goes wrong:
`test_contract_failures`, `test_contract_oddities`; from the command line: `test_contract_ask`.
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
    """Words, their end and their count; a stream brings them piece by piece."""
    told = await bench.ask("one two three", system="be brief", stream=stream)
    assert (told.text, told.finish) == ("one two three", "stop")
    assert told.usage == Usage(input_tokens=5, output_tokens=3)
    assert (len(said(told.events)) > 1) == stream
    assert bench.last.key == CANARY


async def test_conversation(bench: Bench) -> None:
    """Who said what, and in which order, arrives; a system message in its midst does too."""
    answer = {"role": "assistant", "content": "first answer"}
    told = await bench.ask("first", answer, {"role": "system", "content": "be kind"}, "second")
    assert told.text == "second"
    body = json.dumps(bench.last.json)
    places = [body.index(words) for words in ("first", "first answer", "second")]
    assert places == sorted(places)
    assert "be kind" in body


async def test_text_of_any_kind(bench: Bench) -> None:
    """Other scripts arrive as they are; half a character becomes the mark for one."""
    assert (await bench.ask("Łódź 日本 🙂")).text == "Łódź 日本 🙂"
    assert (await bench.ask("half \ud83d of it")).text == "half \ufffd of it"


@BOTH
async def test_length(bench: Bench, stream: bool) -> None:
    """An answer that the limit cuts off says so; the least limit there is may be more."""
    told = await bench.ask("count 40", max_tokens=20, stream=stream)
    assert (told.text, told.finish) == (" ".join(map(str, range(1, 21))), "length")


@BOTH
async def test_usage(bench: Bench, stream: bool) -> None:
    """Every count the API has arrives: input includes what was cached, output the thinking."""
    bench.sim.behave(cached_tokens=2, cache_write_tokens=1, reasoning_tokens=4)
    told = await bench.ask("one two three four five", stream=stream)
    counts = {"cached_tokens": 2, "cache_write_tokens": 1, "reasoning_tokens": 4}
    expected = {name: count for name, count in counts.items() if name in bench.api.tells}
    assert told.usage == Usage(input_tokens=5, output_tokens=9, **expected)
    assert (told.cost is not None) == bench.api.tells_cost


@pytest.mark.parametrize("field", ["temperature", "top_p"])
async def test_sampling(bench: Bench, field: str) -> None:
    """It is taken, or for a model that is known not to take it refused by its name."""
    assert (await bench.ask("hi", **{field: 1})).text == "hi"
    bench.model = msgspec.structs.replace(bench.model, sampling=False)
    failure = await bench.refused("hi", **{field: 1})
    assert failure.kind is FailureClass.UNSUPPORTED
    assert failure.message.startswith(f"{field}: {bench.api.model} does not take it")


# ------------------------------------------------------------------ keys and models


@pytest.mark.parametrize("bench", [name for name in APIS if name != "ollama"], indirect=True)
async def test_key_check(bench: Bench) -> None:
    """A good key is told from a refused one, without a chat."""
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
    """Those that can chat are listed, by the names they are asked for by."""
    names = [
        model.id
        for model in await bench.provider_client.free_calls.list_models(bench.provider, bench.key)
    ]
    assert names == bench.sim.behaviour.models[bench.api.vendor]
    bench.model = Model(id=names[0])
    assert (await bench.ask("one two")).text == "one two"


# ------------------------------------------------------------------ pictures and JSON


async def test_picture(bench: Bench) -> None:
    """Data in base64 reaches the model, beside the words that go with it."""
    told = await bench.ask(user("what is this?", PICTURE, PICTURE))
    assert told.text == "I see 2: image/png, image/png"
    assert "what is this?" in bench.last_body


@BOTH
async def test_schema(bench: Bench, stream: bool) -> None:
    """The answer is JSON that fits."""
    wanted = {"type": "json_schema", "schema": SCHEMA}
    told = await bench.ask("hello", response_format=wanted, stream=stream)
    assert (json.loads(told.text), told.finish) == ({"a": "hello"}, "stop")


async def test_schema_that_is_none(bench: Bench) -> None:
    """It is refused by its place in the request, and nothing is sent."""
    wanted = {"type": "json_schema", "schema": "[1"}
    failure = await bench.refused("hello", response_format=wanted)
    assert failure.kind is FailureClass.BAD_REQUEST
    assert "response_format" in failure.message
    assert len(bench.sim.requests) == 0


# ------------------------------------------------------------------ what not all have


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
    """It works, or is refused by a sentence that names what is lacking: ours before it is sent."""
    ability = ABILITIES[name]
    told = await bench.try_to_ask(user(*ability.prompt), **ability.fields)
    lack, refusal = bench.api.lacks.get(name), bench.api.refuses.get(name)
    if lack is None and refusal is None:
        calls = " ".join(str(call["name"]) for call in told.of("tool_call"))
        assert (told.failure, calls or told.text) == (None, ability.answer)
        return
    assert told.failure is not None
    expected = (FailureClass.UNSUPPORTED, 0) if lack else (FailureClass.BAD_REQUEST, 1)
    assert (told.failure.kind, len(bench.sim.requests)) == expected
    assert (lack or refusal or "") in told.failure.message


def test_lacks_are_abilities() -> None:
    """The table of what is lacking has no row that nothing looks at."""
    named = {name for api in APIS.values() for name in (*api.lacks, *api.refuses)}
    assert named <= ABILITIES.keys()
