"""The contract of all adapters, for tools and for thinking: what goes out, and back again."""

import json
from typing import get_args

import pytest

from aircherd.vocabulary.chat import Effort
from aircherd.vocabulary.reply import ReasoningDelta, ToolCallDelta
from helpers.providers.contract import PICTURE, PNG, Bench, tampered
from helpers.providers.contract_apis import APIS
from helpers.providers.talking import TOOL, Map, Told, result, user

BOTH = pytest.mark.parametrize("stream", [True, False])
TWO_CALLS = 'say wait; call look {"at": "it"} and look {"at": "that"}'


# ------------------------------------------------------------------ tools


@BOTH
async def test_call(bench: Bench, stream: bool) -> None:
    """One call, whole: its name, an id to answer to, its arguments as JSON."""
    told = await bench.ask('call look {"at": "the sky"}', tools=[TOOL], stream=stream)
    [call] = told.parts
    assert (call["type"], call["name"], told.finish) == ("tool_call", "look", "tool_calls")
    assert call["id"]
    assert json.loads(str(call["arguments"])) == {"at": "the sky"}


@BOTH
async def test_parallel_calls(bench: Bench, stream: bool) -> None:
    """Text first, then each call under an index and an id of its own."""
    told = await bench.ask(TWO_CALLS, tools=[TOOL], stream=stream)
    assert [part["type"] for part in told.parts] == ["text", "tool_call", "tool_call"]
    calls = told.of("tool_call")
    assert [json.loads(str(call["arguments"])) for call in calls] == [{"at": "it"}, {"at": "that"}]
    assert len({str(call["id"]) for call in calls}) == 2
    assert {each.index for each in told.events if isinstance(each, ToolCallDelta)} == {0, 1}


async def test_call_without_arguments(bench: Bench) -> None:
    """No arguments are an empty object."""
    [call] = (await bench.ask("call look {}", tools=[TOOL])).parts
    assert json.loads(str(call["arguments"])) == {}


async def asked_for_two(bench: Bench, **fields: object) -> tuple[str, Told, list[Map]]:
    """Return a question, the answer with two calls, and the calls."""
    told = await bench.ask(TWO_CALLS, tools=[TOOL], **fields)
    return TWO_CALLS, told, told.of("tool_call")


@BOTH
async def test_results_go_back(bench: Bench, stream: bool) -> None:
    """Both answers arrive, in order, with the calls they belong to."""
    question, told, calls = await asked_for_two(bench, stream=stream)
    answers = user(result(calls[0], "red"), result(calls[1], "blue"))
    then = await bench.ask(question, told.message, answers, tools=[TOOL], stream=stream)
    assert (then.text, then.finish) == ("The tools answered: red | blue", "stop")


async def test_failed_tool(bench: Bench) -> None:
    """The model is told that the tool failed, in whatever way the API has."""
    question, told, calls = await asked_for_two(bench)
    answers = user(result(calls[0], "broken", is_error=True), result(calls[1], "fine"))
    then = await bench.ask(question, told.message, answers, tools=[TOOL])
    assert "broken | fine" in then.text
    assert bench.api.failed_tool in bench.last_body


async def test_picture_from_a_tool(bench: Bench) -> None:
    """It arrives, beside the words of the same answer."""
    question, told, calls = await asked_for_two(bench)
    picture = result(calls[0], [{"type": "text", "text": "see there"}, PICTURE])
    answers = user(picture, result(calls[1], "nothing"))
    then = await bench.ask(question, told.message, answers, tools=[TOOL])
    assert then.finish == "stop"
    for words in ("see there", "nothing", PNG):
        assert words in bench.last_body


async def test_tools_without_choice(bench: Bench) -> None:
    """`none` keeps the model from calling, `auto` leaves it alone."""
    told = await bench.ask("call look {}", tools=[TOOL], tool_choice="none")
    assert told.text == "call look {}"
    told = await bench.ask("call look {}", tools=[TOOL], tool_choice="auto")
    assert told.finish == "tool_calls"


# ------------------------------------------------------------------ thinking


@BOTH
async def test_thinking(bench: Bench, stream: bool) -> None:
    """It is told before the answer and apart from it, or counted where it stays hidden."""
    told = await bench.ask("hello there", reasoning="high", stream=stream)
    assert told.text == "hello there"
    assert told.usage is not None
    assert told.usage.output_tokens > 2
    if not bench.api.shows_thinking:
        assert [part["type"] for part in told.parts] == ["text"]
        return
    thought, _ = told.parts
    assert thought["text"] == "Let me think about: hello there"
    assert thought["origin"] == bench.origin
    pieces = [each.text for each in told.events if isinstance(each, ReasoningDelta) and each.text]
    assert (len(pieces) > 1) == stream


@pytest.mark.parametrize("effort", get_args(Effort))
async def test_every_effort(bench: Bench, effort: str) -> None:
    """Each is taken: an API that has fewer gets the nearest it has. None means no thinking."""
    told = await bench.ask("hi", reasoning=effort)
    assert told.text == "hi"
    thinks = effort != "none" or bench.api.always_thinks
    assert bool(told.of("reasoning")) == (thinks and bench.api.shows_thinking)


@BOTH
async def test_thinking_goes_back(bench: Bench, stream: bool) -> None:
    """What was thought before a call goes back with its result, and the vendor takes it."""
    question, told, calls = await asked_for_two(bench, reasoning="high", stream=stream)
    assert bool(told.of("reasoning")) == bench.api.shows_thinking
    assert any("signature" in part for part in told.parts) == bench.api.is_sealed
    answers = user(result(calls[0], "red"), result(calls[1], "blue"))
    fields = {"tools": [TOOL], "reasoning": "high", "stream": stream}
    then = await bench.ask(question, told.message, answers, **fields)
    assert then.text == "The tools answered: red | blue"
    later = await bench.ask(question, told.message, answers, then.message, "and now?", **fields)
    assert later.text == "and now?"


@pytest.mark.parametrize("bench", [a.name for a in APIS.values() if a.is_sealed], indirect=True)
async def test_changed_thinking_is_refused(bench: Bench) -> None:
    """A signature that is not the one that came is refused by whoever signs."""
    question, told, calls = await asked_for_two(bench, reasoning="high")
    changed = [tampered(part) if "signature" in part else part for part in told.parts]
    answers = user(result(calls[0], "red"), result(calls[1], "blue"))
    message = {"role": "assistant", "content": changed}
    failure = await bench.refused(question, message, answers, tools=[TOOL], reasoning="high")
    assert (failure.kind, failure.status) == (bench.api.tampered, 400)
