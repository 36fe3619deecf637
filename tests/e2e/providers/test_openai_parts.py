"""A real daemon and simulated chat completions servers: thinking, images, JSON, tools."""

import json

import pytest

from aircher_client import DaemonError
from aircherd.testing.simulator import Fault
from helpers.daemon.real_daemon import home as open_home

KEY = "canary-work-0123456789abcdef"
TOOL = {"name": "look", "parameters": '{"type":"object","properties":{"at":{"type":"string"}}}'}
PNG = {"type": "image", "media_type": "image/png", "data": "iVBORw0KGgo="}
SCHEMA = (
    '{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],'
    '"additionalProperties":false}'
)
CONFIG = """\
[providers.work]
kind = "openai"
base_url = "{url}/openai/v1"
env = "WORK_KEY"

[providers.openrouter]
base_url = "{url}/openrouter/api/v1"
env = "OPENROUTER_API_KEY"
"""


@pytest.fixture
def daemon(sim):
    """A daemon with a compatible server `work` and OpenRouter, both simulated."""
    sim.keys.accept("openai", KEY)
    sim.keys.accept("openrouter", KEY)
    with open_home({"WORK_KEY": KEY, "OPENROUTER_API_KEY": KEY}) as made:
        made.write_config(CONFIG.format(url=sim.url))
        made.start()
        yield made


def user(*content):
    message = [{"type": "text", "text": c} if isinstance(c, str) else c for c in content]
    return {"role": "user", "content": message}


def chat(daemon, model, *messages, **fields):
    with daemon.client() as client:
        return client.chat({"model": model, "messages": list(messages), **fields})


def sent(sim):
    return [each.json for each in sim.requests if each.endpoint == "chat"]


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("model", "field"),
    [
        ("work/gpt-5.5", "reasoning_content"),
        ("work/gpt-5.5", "reasoning"),
        ("openrouter/anthropic/claude-sonnet-5", "reasoning_details"),
    ],
)
def test_thinking_goes_round_with_its_calls(daemon, sim, model, field, stream):
    """Thinking goes back in the field that it came in, as these servers require."""
    if model.startswith("work/"):
        sim.behave(reasoning_field=field)
    fields = {"tools": [TOOL], "reasoning": "high", "stream": stream}
    question = user('say wait; call look {"at": "it"} and look {"at": "that"}')
    first = chat(daemon, model, question, **fields)
    parts = first["message"]["content"]
    assert [part["type"] for part in parts] == ["reasoning", "text", "tool_call", "tool_call"]
    assert parts[0]["text"].startswith("Let me think about: say wait")
    results = [{"type": "tool_result", "id": call["id"], "content": "red"} for call in parts[2:]]
    second = chat(daemon, model, question, first["message"], user(*results), **fields)
    assert second["message"]["content"][-1]["text"] == "The tools answered: red | red"
    message = sent(sim)[-1]["messages"][1]
    thinking = [name for name in message if name.startswith("reasoning")]
    assert [field] == thinking
    text = message[field] if field != "reasoning_details" else message[field][0]["text"]
    assert text == parts[0]["text"]


def test_changed_thinking_is_refused(daemon):
    """OpenRouter's details carry the model's signature, which a change invalidates."""
    model, fields = "openrouter/anthropic/claude-sonnet-5", {"tools": [TOOL], "reasoning": "low"}
    question = user("call look {}")
    said = chat(daemon, model, question, **fields)["message"]
    thought, call = said["content"]
    thought["signature"] = thought["signature"].replace("Let me", "Let us")
    result = {"type": "tool_result", "id": call["id"], "content": "red"}
    with pytest.raises(DaemonError, match="Invalid `signature`") as caught:
        chat(daemon, model, question, said, user(result), **fields)
    assert caught.value.code == "bad_request"


@pytest.mark.parametrize("model", ["work/gpt-5.5", "openrouter/auto"])
def test_images(daemon, sim, model):
    """Images arrive in order, and those of tools too."""
    url = {"type": "image", "url": "https://host/a.gif"}
    got = chat(daemon, model, user("what?", PNG, url))
    assert got["message"]["content"][0]["text"] == "I see 2: image/png, https://host/a.gif"
    call = {"type": "tool_call", "id": "c1", "name": "look", "arguments": "{}"}
    result = {"type": "tool_result", "id": "c1", "content": [PNG]}
    history = [user("look"), {"role": "assistant", "content": [call]}, user(result)]
    got = chat(daemon, model, *history, tools=[TOOL])
    assert got["message"]["content"][0]["text"] == "I see 1: image/png"
    roles = [message["role"] for message in sent(sim)[-1]["messages"]]
    assert roles == ["user", "assistant", "tool", "user"]


@pytest.mark.parametrize("model", ["work/gpt-5.5", "openrouter/auto"])
@pytest.mark.parametrize(
    ("wanted", "answer"),
    [
        ({"type": "json_object"}, {"answer": "say it"}),
        ({"type": "json_schema", "schema": SCHEMA}, {"a": "say it"}),
    ],
)
def test_json(daemon, model, wanted, answer):
    """JSON with and without a schema works, whether or not the prompt mentions it."""
    got = chat(daemon, model, user("say it"), response_format=wanted)
    assert json.loads(got["message"]["content"][0]["text"]) == answer


def test_a_crash_inside_a_stream_is_reported(daemon, sim):
    """LM Studio's last event is an error; it is reported with the text so far."""
    sim.faults.add(Fault("stream_error", error="lm_studio", after=1))
    with pytest.raises(DaemonError, match="model has crashed"):
        chat(daemon, "work/gpt-5.5", user("one two three"))


def test_openrouters_cost_is_used(daemon):
    """The cost that the provider reports is the request's."""
    assert chat(daemon, "openrouter/auto", user("hi"))["cost"] == "0.0001"
