"""The contract of all adapters for tools and thinking, in both directions."""

import json
from typing import get_args

import pytest

from aircherd.vocabulary.chat import Effort
from aircherd.vocabulary.reply import ReasoningDelta, ToolCallDelta
from helpers.providers.contract import PICTURE, PNG, Bench, tampered
from helpers.providers.contract_apis import APIS
from helpers.providers.talking import TOOL, ChatOutcome, Map, result, user

BOTH = pytest.mark.parametrize("stream", [True, False])
TWO_CALLS = 'say wait; call look {"at": "it"} and look {"at": "that"}'


# ------------------------------------------------------------------ tools


@BOTH
async def test_call(bench: Bench, stream: bool) -> None:
    """A call is complete: name, id, arguments as JSON."""
    outcome = await bench.ask('call look {"at": "the sky"}', tools=[TOOL], stream=stream)
    [call] = outcome.parts
    assert (call["type"], call["name"], outcome.finish) == ("tool_call", "look", "tool_calls")
    assert call["id"]
    assert json.loads(str(call["arguments"])) == {"at": "the sky"}


@BOTH
async def test_parallel_calls(bench: Bench, stream: bool) -> None:
    """Text comes first, then each call with its own index and id."""
    outcome = await bench.ask(TWO_CALLS, tools=[TOOL], stream=stream)
    assert [part["type"] for part in outcome.parts] == ["text", "tool_call", "tool_call"]
    calls = outcome.of("tool_call")
    assert [json.loads(str(call["arguments"])) for call in calls] == [{"at": "it"}, {"at": "that"}]
    assert len({str(call["id"]) for call in calls}) == 2
    assert {each.index for each in outcome.events if isinstance(each, ToolCallDelta)} == {0, 1}


async def test_call_without_arguments(bench: Bench) -> None:
    """They become an empty object."""
    [call] = (await bench.ask("call look {}", tools=[TOOL])).parts
    assert json.loads(str(call["arguments"])) == {}


async def request_two_calls(bench: Bench, **fields: object) -> tuple[str, ChatOutcome, list[Map]]:
    """Return a question, the outcome with two calls, and the calls."""
    outcome = await bench.ask(TWO_CALLS, tools=[TOOL], **fields)
    return TWO_CALLS, outcome, outcome.of("tool_call")


@BOTH
async def test_results_go_back(bench: Bench, stream: bool) -> None:
    """Both results arrive, in order, with their calls."""
    question, outcome, calls = await request_two_calls(bench, stream=stream)
    answers = user(result(calls[0], "red"), result(calls[1], "blue"))
    then = await bench.ask(question, outcome.message, answers, tools=[TOOL], stream=stream)
    assert (then.text, then.finish) == ("The tools answered: red | blue", "stop")


async def test_failed_tool(bench: Bench) -> None:
    """The model learns that the tool failed, however the API says it."""
    question, outcome, calls = await request_two_calls(bench)
    answers = user(result(calls[0], "broken", is_error=True), result(calls[1], "fine"))
    then = await bench.ask(question, outcome.message, answers, tools=[TOOL])
    assert "broken | fine" in then.text
    assert bench.api.failed_tool in bench.last_body


async def test_image_from_a_tool(bench: Bench) -> None:
    """It arrives together with the text of the result."""
    question, outcome, calls = await request_two_calls(bench)
    picture = result(calls[0], [{"type": "text", "text": "see there"}, PICTURE])
    answers = user(picture, result(calls[1], "nothing"))
    then = await bench.ask(question, outcome.message, answers, tools=[TOOL])
    assert then.finish == "stop"
    for prompt in ("see there", "nothing", PNG):
        assert prompt in bench.last_body


async def test_tools_without_choice(bench: Bench) -> None:
    """`none` keeps the model from calling, `auto` does not."""
    outcome = await bench.ask("call look {}", tools=[TOOL], tool_choice="none")
    assert outcome.text == "call look {}"
    outcome = await bench.ask("call look {}", tools=[TOOL], tool_choice="auto")
    assert outcome.finish == "tool_calls"


# ------------------------------------------------------------------ thinking


@BOTH
async def test_thinking(bench: Bench, stream: bool) -> None:
    """It comes before the answer and separately, or is counted where it stays hidden."""
    outcome = await bench.ask("hello there", reasoning="high", stream=stream)
    assert outcome.text == "hello there"
    assert outcome.usage is not None
    assert outcome.usage.output_tokens > 2
    if not bench.api.shows_thinking:
        assert [part["type"] for part in outcome.parts] == ["text"]
        return
    thought, _ = outcome.parts
    assert thought["text"] == "Let me think about: hello there"
    assert thought["origin"] == bench.origin
    pieces = [
        each.text for each in outcome.events if isinstance(each, ReasoningDelta) and each.text
    ]
    assert (len(pieces) > 1) == stream


@pytest.mark.parametrize("effort", get_args(Effort))
async def test_every_effort(bench: Bench, effort: str) -> None:
    """Each is accepted; an API with fewer gets the nearest. `none` turns thinking off."""
    outcome = await bench.ask("hi", reasoning=effort)
    assert outcome.text == "hi"
    thinks = effort != "none" or bench.api.always_thinks
    assert bool(outcome.of("reasoning")) == (thinks and bench.api.shows_thinking)


@BOTH
async def test_thinking_goes_back(bench: Bench, stream: bool) -> None:
    """Thinking before a call goes back with the result, and the vendor accepts it."""
    question, outcome, calls = await request_two_calls(bench, reasoning="high", stream=stream)
    assert bool(outcome.of("reasoning")) == bench.api.shows_thinking
    assert any("signature" in part for part in outcome.parts) == bench.api.is_signed
    answers = user(result(calls[0], "red"), result(calls[1], "blue"))
    fields = {"tools": [TOOL], "reasoning": "high", "stream": stream}
    then = await bench.ask(question, outcome.message, answers, **fields)
    assert then.text == "The tools answered: red | blue"
    later = await bench.ask(question, outcome.message, answers, then.message, "and now?", **fields)
    assert later.text == "and now?"


@pytest.mark.parametrize("bench", [a.name for a in APIS.values() if a.is_signed], indirect=True)
async def test_changed_thinking_is_refused(bench: Bench) -> None:
    """A vendor that signs thinking refuses a changed signature."""
    question, outcome, calls = await request_two_calls(bench, reasoning="high")
    changed = [tampered(part) if "signature" in part else part for part in outcome.parts]
    answers = user(result(calls[0], "red"), result(calls[1], "blue"))
    message = {"role": "assistant", "content": changed}
    failure = await bench.refused(question, message, answers, tools=[TOOL], reasoning="high")
    assert (failure.kind, failure.status) == (bench.api.tampered_kind, 400)
