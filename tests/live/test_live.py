"""Every adapter against the real API, to check what the simulator assumes.

Each test makes one or two calls to a cheap model. Unsupported features are skipped.
"""

import json

import pytest

from aircherd.vocabulary.secret import Secret
from helpers.providers.live import ROWS, Line
from helpers.providers.talking import SCHEMA, TOOL, result, said, user

pytestmark = pytest.mark.live

CALL = 'call look {"at": "sky"}'
WRONG = "sk-this-key-was-never-issued-0000"


def needs(ability: str, has: bool | None) -> None:
    """Skip the test if the model is known to lack a feature."""
    if has is False:
        pytest.skip(f"this model has no {ability}")


@pytest.mark.parametrize("row", [r.name for r in ROWS.values() if r.needs_key], indirect=True)
async def test_the_key_is_valid(line: Line) -> None:
    """The free check accepts it and refuses a made-up key."""
    assert line.key is not None
    assert (
        await line.provider_client.free_calls.check_key(line.provider, line.key.secret)
    ).ok is True
    assert (
        await line.provider_client.free_calls.check_key(line.provider, Secret(WRONG))
    ).ok is False


async def test_the_model_is_on_the_list(line: Line) -> None:
    """The provider lists it under the name used in requests."""
    listed = await line.provider_client.free_calls.list_models(line.provider, line.key)
    names = [model.id for model in listed]
    assert any(name.startswith(line.model.id) for name in names), names[:20]


async def test_an_unstreamed_answer(line: Line) -> None:
    """It has text, a finish reason and token counts."""
    answer = await line.ask("Answer with one word: pong", stream=False)
    assert "pong" in answer.text.lower()
    assert answer.finish == "stop"
    assert answer.usage is not None
    assert answer.usage.input_tokens > 0
    assert answer.usage.output_tokens > 0


async def test_a_streamed_answer(line: Line) -> None:
    """It has several pieces, then the finish reason and the counts."""
    answer = await line.ask("count 30")
    assert "29" in answer.text
    assert len(said(answer.events)) > 1
    assert answer.finish == "stop"
    assert answer.usage is not None
    assert answer.usage.output_tokens > 0


async def test_a_tool_and_its_result(line: Line) -> None:
    """The call has its arguments, and the model uses the result."""
    needs("tools", line.model.tools)
    answer = await line.ask(CALL, tools=[TOOL])
    [call] = answer.of("tool_call")
    assert (call["name"], answer.finish) == ("look", "tool_calls")
    assert json.loads(str(call["arguments"])) == {"at": "sky"}
    then = await line.ask(CALL, answer.message, user(result(call, "It is green.")), tools=[TOOL])
    assert "green" in then.text.lower()


async def test_thinking_is_accepted_with_its_call(line: Line) -> None:
    """The provider accepts its own signed thinking in the next request."""
    needs("thinking", line.model.reasoning)
    needs("tools", line.model.tools)
    fields = {"tools": [TOOL], "reasoning": "low"}
    answer = await line.ask(CALL, **fields)
    [call] = answer.of("tool_call")
    then = await line.ask(CALL, answer.message, user(result(call, "It is green.")), **fields)
    assert "green" in then.text.lower()


async def test_an_answer_matches_a_schema(line: Line) -> None:
    """It is JSON of this schema and nothing else."""
    needs("JSON by a schema", line.model.json_schema)
    wanted = {"type": "json_schema", "schema": SCHEMA}
    answer = await line.ask("Put the word pong into a.", response_format=wanted)
    assert json.loads(answer.text).keys() == {"a"}
