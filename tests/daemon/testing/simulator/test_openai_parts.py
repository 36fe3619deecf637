"""Thinking, images and JSON in the simulated Chat Completions API."""

import json
from typing import Any

import httpx
import pytest

from aircherd.testing.simulator import Fault, Simulator, open_simulator

KEY = "sk-made-up-0123456789"
TOOLS = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}]
CALL = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "a shoe"}
THOUGHT = "Let me think about: Hello you"
STRICT = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}


@pytest.fixture
async def simulator():
    async with open_simulator(accept={"openai": KEY, "openrouter": KEY}) as simulator:
        yield simulator


async def post(simulator: Simulator, vendor: str = "openai", **body: Any) -> httpx.Response:
    messages = [{"role": "user", "content": "Hello you"}]
    body = {"model": "gpt-5.5", "messages": messages} | body
    async with httpx.AsyncClient(trust_env=False) as client:
        url = simulator.base_url(vendor) + "/chat/completions"
        headers = {"authorization": f"Bearer {KEY}"}
        return await client.post(url, json=body, headers=headers)


def message_of(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    return response.json()["choices"][0]["message"]


def deltas_of(response: httpx.Response) -> list[dict[str, Any]]:
    events = response.text.removesuffix("\n\n").split("\n\n")
    data = [event[6:] for event in events if event.startswith("data: {")]
    choices = [choice for each in data for choice in json.loads(each)["choices"]]
    return [choice["delta"] for choice in choices]


def refusal_of(response: httpx.Response) -> str:
    assert response.status_code == 400, response.text
    return response.json()["error"]["message"]


def assistant(**fields: object) -> list[dict[str, object]]:
    said = {"role": "assistant", "content": None, "tool_calls": [CALL], **fields}
    return [{"role": "user", "content": "call look {}"}, said, RESULT]


# ------------------------------------------------------------------ thinking


async def test_openai_hides_its_thinking(simulator):
    """Only its tokens are counted."""
    response = await post(simulator, reasoning_effort="max")
    assert set(message_of(response)) == {"role", "content", "refusal"}
    details = response.json()["usage"]["completion_tokens_details"]
    assert details["reasoning_tokens"] == len(THOUGHT.split())


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
async def test_compatible_servers_show_their_thinking(simulator, field):
    """In the configured field, word by word in a stream, and only on request."""
    simulator.behave(reasoning_field=field)
    assert message_of(await post(simulator, reasoning_effort="low"))[field] == THOUGHT
    deltas = deltas_of(await post(simulator, reasoning_effort="low", stream=True))
    assert "".join(delta.get(field, "") for delta in deltas) == THOUGHT
    assert field not in message_of(await post(simulator))


async def test_openrouter_shows_signed_details(simulator):
    """Fragments of a text share an index; its signature follows without text."""
    asked = {"vendor": "openrouter", "reasoning": {"effort": "low"}}
    whole = message_of(await post(simulator, **asked))
    (detail,) = whole["reasoning_details"]
    assert whole["reasoning"] == detail["text"] == THOUGHT
    deltas = deltas_of(await post(simulator, **asked, stream=True))
    parts = [part for delta in deltas for part in delta.get("reasoning_details", [])]
    assert "".join(part.get("text", "") for part in parts) == THOUGHT
    assert [part.get("signature") for part in parts[-2:]] == [None, detail["signature"]]
    assert {part["index"] for part in parts} == {0}


@pytest.mark.parametrize(
    ("asked", "is_shown"),
    [
        ({"enabled": True}, True),
        ({"max_tokens": 2000}, True),
        ({"effort": "none"}, False),
        ({"effort": "high", "exclude": True}, False),
        ({}, False),
    ],
)
async def test_openrouter_has_several_ways_to_request_thinking(simulator, asked, is_shown):
    """An effort, a budget or `enabled` turn it on; `exclude` hides it."""
    message = message_of(await post(simulator, "openrouter", reasoning=asked))
    assert is_shown == ("reasoning_details" in message)


async def test_thinking_must_be_sent_back(simulator):
    """With the calls it led to, in its own field, if the server requires it."""
    simulator.behave(reasoning_field="reasoning_content")
    asked = {"tools": TOOLS, "reasoning_effort": "low"}
    refused = await post(simulator, messages=assistant(), **asked)
    assert "must be passed back" in refusal_of(refused)
    taken = await post(simulator, messages=assistant(reasoning_content="hm"), **asked)
    assert message_of(taken)["content"] == "The tools answered: a shoe"


@pytest.mark.parametrize(
    ("field", "message"),
    [(None, "Unknown parameter: 'messages[1].reasoning_content'."), ("reasoning", "unsupported")],
)
async def test_thinking_in_another_format_is_refused(simulator, field, message):
    """OpenAI accepts none, and a compatible server only its own field."""
    simulator.behave(reasoning_field=field)
    refused = await post(simulator, messages=assistant(reasoning_content="hm"), tools=TOOLS)
    assert message in refusal_of(refused)


async def test_changed_details_are_refused(simulator):
    """The signature covers the whole text."""
    asked = {"vendor": "openrouter", "reasoning": {"effort": "low"}, "tools": TOOLS}
    messages = [{"role": "user", "content": "call look {}"}]
    said = message_of(await post(simulator, messages=messages, **asked))
    result = RESULT | {"tool_call_id": said["tool_calls"][0]["id"]}
    taken = await post(simulator, messages=[*messages, said, result], **asked)
    assert message_of(taken)["content"] == "The tools answered: a shoe"
    said["reasoning_details"][0]["text"] += "?"
    refused = await post(simulator, messages=[*messages, said, result], **asked)
    assert "Invalid `signature`" in refusal_of(refused)
    del said["reasoning_details"]
    refused = await post(simulator, messages=[*messages, said, result], **asked)
    assert "Expected `thinking`" in refusal_of(refused)


@pytest.mark.parametrize(
    ("field", "effort"), [(None, "huge"), ("reasoning_content", "xhigh"), ("reasoning", "none")]
)
async def test_an_unknown_effort_is_refused(simulator, field, effort):
    """OpenAI has its own list of efforts, the others a shorter one."""
    simulator.behave(reasoning_field=field)
    assert "Invalid value" in refusal_of(await post(simulator, reasoning_effort=effort))


async def test_an_effort_and_a_budget_exclude_each_other(simulator):
    """OpenRouter accepts one of the two."""
    asked = {"effort": "low", "max_tokens": 5}
    refused = await post(simulator, "openrouter", reasoning=asked)
    assert refusal_of(refused).startswith("Only one of")


# ------------------------------------------------------------------ pictures


def picture(url: str) -> dict[str, object]:
    return {"type": "image_url", "image_url": {"url": url}}


async def test_images_are_read(simulator):
    """Those of the last user message, by type or URL."""
    parts = [picture("data:image/webp;base64,aGk="), picture("https://host/a.png")]
    response = await post(simulator, messages=[{"role": "user", "content": parts}])
    assert message_of(response)["content"] == "I see 2: image/webp, https://host/a.png"


@pytest.mark.parametrize(
    ("role", "part", "message"),
    [
        ("user", picture("data:image/tiff;base64,aGk="), "Invalid 'image_url'."),
        ("user", picture("data:image/png;base64,a*k="), "Invalid 'image_url'."),
        ("user", picture("file:///etc/passwd"), "Invalid 'image_url'."),
        ("system", picture("https://host/a.png"), "Image URLs are only allowed"),
        ("user", {"type": "image"}, "Invalid value: 'image'."),
    ],
)
async def test_an_invalid_image_is_refused(simulator, role, part, message):
    """Also one in the wrong message."""
    response = await post(simulator, messages=[{"role": role, "content": [part]}])
    assert refusal_of(response).startswith(message)


# ------------------------------------------------------------------ JSON


def schema(form: object, *, strict: bool = True, name: str = "n") -> dict[str, object]:
    response_format = {"name": name, "schema": form, "strict": strict}
    return {"type": "json_schema", "json_schema": response_format}


@pytest.mark.parametrize(
    ("response_format", "answer"),
    [
        (schema(STRICT), {"a": "as JSON"}),
        (schema({"type": "object", "properties": {}}, strict=False), {}),
        ({"type": "json_object"}, {"answer": "as JSON"}),
    ],
)
async def test_answers_in_json(simulator, response_format, answer):
    """The answer matches the schema, or is any object."""
    messages = [{"role": "user", "content": "as JSON"}]
    response = await post(simulator, messages=messages, response_format=response_format)
    assert json.loads(message_of(response)["content"]) == answer


@pytest.mark.parametrize(
    ("response_format", "message"),
    [
        ({"type": "json_object"}, "'messages' must contain the word 'json'"),
        ({"type": "xml"}, "Invalid value for 'response_format': 'xml'."),
        ({"type": "json_schema"}, "Invalid value for 'response_format'"),
        (schema(STRICT, name="a b"), "Invalid value for 'response_format'"),
        (schema(STRICT | {"required": []}), "Invalid schema for response_format 'n': 'required'"),
        (
            schema({"type": "array", "items": {"type": "object", "properties": {}}}),
            "Invalid schema for response_format 'n': 'additionalProperties'",
        ),
    ],
)
async def test_an_invalid_response_format_is_refused(simulator, response_format, message):
    """As OpenAI does."""
    assert refusal_of(await post(simulator, response_format=response_format)).startswith(message)


# ------------------------------------------------------------------ the rest


@pytest.mark.parametrize("field", [{"tool_choice": "auto"}, {"parallel_tool_calls": False}])
async def test_options_of_tools_need_tools(simulator, field):
    """Without tools they are refused."""
    assert "only allowed when 'tools'" in refusal_of(await post(simulator, **field))


async def test_a_crash_in_a_stream_has_its_own_event(simulator):
    """LM Studio names the event and sends no end marker."""
    simulator.faults.add(Fault("stream_error", error="lm_studio", after=1))
    response = await post(simulator, stream=True)
    *_, last = response.text.removesuffix("\n\n").split("\n\n")
    assert last.startswith('event: error\ndata: {"error":')


async def test_lists_of_models_can_have_metadata(simulator):
    """Compatible servers list sizes, OpenRouter everything."""
    simulator.behave(model_fields={"owned_by": "vllm", "max_model_len": 8192})
    async with httpx.AsyncClient(trust_env=False) as client:
        headers = {"authorization": f"Bearer {KEY}"}
        url = simulator.base_url("openai") + "/models"
        listed = (await client.get(url, headers=headers)).json()["data"]
        routed = (await client.get(simulator.base_url("openrouter") + "/models")).json()["data"]
    assert {(each["owned_by"], each["max_model_len"]) for each in listed} == {("vllm", 8192)}
    assert routed[0]["pricing"] == {"prompt": "-1", "completion": "-1"}
    assert routed[1]["pricing"]["overrides"][0]["min_prompt_tokens"] == 200_000
