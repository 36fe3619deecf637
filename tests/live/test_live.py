"""Every adapter against the real API: what the simulator claims of it, seen with one's own eyes.

Each test is one or two calls to a cheap model. What a model is known not to do is skipped.
"""

import json

import pytest

from aircherd.vocabulary.secret import Secret
from helpers.providers.live import ROWS, Line
from helpers.providers.talking import SCHEMA, TOOL, result, said, user

pytestmark = pytest.mark.live

CALL = 'call look {"at": "sky"}'
WRONG = "sk-this-key-was-never-given-to-anybody-0000"


def needs(ability: str, has: bool | None) -> None:
    """Skip what the model is known not to do; what is unknown is tried."""
    if has is False:
        pytest.skip(f"this model has no {ability}")


@pytest.mark.parametrize("row", [r.name for r in ROWS.values() if r.needs_key], indirect=True)
async def test_the_key_is_good(line: Line) -> None:
    """The free check says so, and calls a made-up key refused."""
    assert line.key is not None
    assert (
        await line.provider_client.free_calls.check_key(line.provider, line.key.secret)
    ).ok is True
    assert (
        await line.provider_client.free_calls.check_key(line.provider, Secret(WRONG))
    ).ok is False


async def test_the_model_is_on_the_list(line: Line) -> None:
    """The provider lists it by the name it is asked for by."""
    listed = await line.provider_client.free_calls.list_models(line.provider, line.key)
    names = [model.id for model in listed]
    assert any(name.startswith(line.model.id) for name in names), names[:20]


async def test_a_plain_answer(line: Line) -> None:
    """In one piece, with its end and its counts."""
    told = await line.ask("Answer with one word: pong", stream=False)
    assert "pong" in told.text.lower()
    assert told.finish == "stop"
    assert told.usage is not None
    assert told.usage.input_tokens > 0
    assert told.usage.output_tokens > 0


async def test_a_streamed_answer(line: Line) -> None:
    """In pieces, with the same at its end."""
    told = await line.ask("count 30")
    assert "29" in told.text
    assert len(said(told.events)) > 1
    assert told.finish == "stop"
    assert told.usage is not None
    assert told.usage.output_tokens > 0


async def test_a_tool_and_its_result(line: Line) -> None:
    """The call comes with its arguments; what the tool answered is understood."""
    needs("tools", line.model.tools)
    told = await line.ask(CALL, tools=[TOOL])
    [call] = told.of("tool_call")
    assert (call["name"], told.finish) == ("look", "tool_calls")
    assert json.loads(str(call["arguments"])) == {"at": "sky"}
    then = await line.ask(CALL, told.message, user(result(call, "It is green.")), tools=[TOOL])
    assert "green" in then.text.lower()


async def test_thinking_goes_back_with_its_call(line: Line) -> None:
    """What was thought and signed is taken back by the one who signed it."""
    needs("thinking", line.model.reasoning)
    needs("tools", line.model.tools)
    fields = {"tools": [TOOL], "reasoning": "low"}
    told = await line.ask(CALL, **fields)
    [call] = told.of("tool_call")
    then = await line.ask(CALL, told.message, user(result(call, "It is green.")), **fields)
    assert "green" in then.text.lower()


async def test_an_answer_that_fits_a_schema(line: Line) -> None:
    """JSON of that form and nothing else."""
    needs("JSON by a schema", line.model.json_schema)
    wanted = {"type": "json_schema", "schema": SCHEMA}
    told = await line.ask("Put the word pong into a.", response_format=wanted)
    assert json.loads(told.text).keys() == {"a"}
