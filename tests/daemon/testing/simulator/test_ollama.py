"""The simulated Ollama API, tested with a plain HTTP client."""

import json
from typing import Any

import httpx
import pytest

from aircherd.testing.simulator import Fault, Simulator, open_simulator
from aircherd.testing.simulator.script import SOUND

TOOLS = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}]

PIXEL = "iVBORw0KGgo="


@pytest.fixture
async def simulator():
    async with open_simulator() as simulator:
        yield simulator


async def post(simulator: Simulator, prompt: str = "Hello big world", **body: Any):
    body = {"model": "m", "messages": [{"role": "user", "content": prompt}]} | body
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.post(simulator.base_url("ollama") + "/api/chat", json=body)


def lines_of(response: httpx.Response) -> list[dict[str, Any]]:
    return [json.loads(line) for line in response.text.removesuffix("\n").split("\n")]


async def test_it_streams_lines_by_default(simulator):
    """One word per line, then a line with `done`, the reason and the counts."""
    response = await post(simulator)
    *pieces, last = lines_of(response)
    assert response.headers["content-type"] == "application/x-ndjson"
    assert [p["message"]["content"] for p in pieces] == ["Hello", " big", " world"]
    assert {p["done"] for p in pieces} == {False}
    assert (last["done"], last["done_reason"]) == (True, "stop")
    assert (last["prompt_eval_count"], last["eval_count"]) == (3, 3)


async def test_an_unstreamed_response_is_one_object(simulator):
    """With `stream` false it is JSON with the message, the reason and the counts."""
    response = await post(simulator, stream=False)
    assert response.headers["content-type"] == "application/json"
    assert response.json()["message"] == {"role": "assistant", "content": "Hello big world"}
    assert response.json()["done"] is True


async def test_completions(simulator):
    """The text is in `response`; without a prompt the model is only loaded."""
    url = simulator.base_url("ollama") + "/api/generate"
    async with httpx.AsyncClient(trust_env=False) as client:
        streamed = await client.post(url, json={"model": "m", "prompt": "a b", "raw": True})
        whole = await client.post(url, json={"model": "m", "prompt": "a b", "stream": False})
        loaded = await client.post(url, json={"model": "m"})
        refused = await client.post(url, json=[])
    assert [line["response"] for line in lines_of(streamed)] == ["a", " b", ""]
    assert (whole.json()["response"], whole.json()["context"]) == ("a b", [1, 2])
    assert loaded.json()["done_reason"] == "load"
    assert refused.status_code == 400


async def test_counts_of_zero_are_left_out(simulator):
    """As the real server encodes them."""
    assert "prompt_eval_count" not in lines_of(await post(simulator, ""))[-1]


async def test_tool_calls_are_objects_with_an_id(simulator):
    """Each call is whole on its own line, and the reason is `stop`."""
    first, last = lines_of(await post(simulator, 'call look {"at": "sky"}', tools=TOOLS))
    (call,) = first["message"]["tool_calls"]
    assert call["function"] == {"index": 0, "name": "look", "arguments": {"at": "sky"}}
    assert call["id"].startswith("call_")
    assert last["done_reason"] == "stop"


async def test_tool_results_are_answered(simulator):
    """The model repeats the results."""
    call = {"id": "c", "function": {"name": "look", "arguments": {}}}
    messages = [
        {"role": "user", "content": "call look {}"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "a shoe", "tool_name": "look", "tool_call_id": "c"},
    ]
    answer = (await post(simulator, messages=messages, stream=False)).json()
    assert answer["message"]["content"] == "The tools answered: a shoe"


@pytest.mark.parametrize(
    ("model", "think", "thinks"),
    [
        ("m", None, False),
        ("m", True, True),
        ("m", "max", True),
        ("qwen3:8b", None, True),
        ("qwen3:8b", False, False),
        ("gpt-oss:20b", "low", True),
        ("gpt-oss:20b", False, True),
        ("llama3.2", None, False),
        ("llama3.2", False, False),
    ],
)
async def test_thinking_has_its_own_field(simulator, model, think, thinks):
    """`think` false turns it off, except for gpt-oss."""
    answer = (await post(simulator, model=model, think=think, stream=False)).json()
    assert answer["message"]["content"] == "Hello big world"
    thought = answer["message"].get("thinking")
    assert thought == ("Let me think about: Hello big world" if thinks else None)


async def test_options_limit_the_text(simulator):
    """`num_predict` limits its length, `stop` lists stop sequences."""
    limited = lines_of(await post(simulator, options={"num_predict": 2}))
    stopped = lines_of(await post(simulator, options={"stop": ["big"]}))
    assert [p["message"]["content"] for p in limited[:-1]] == ["Hello", " big"]
    assert [limited[-1]["done_reason"], stopped[-1]["done_reason"]] == ["length", "stop"]
    assert [p["message"]["content"] for p in stopped[:-1]] == ["Hello", " "]


async def test_format_and_images(simulator):
    """Any JSON or JSON of a schema, and images and sound by type."""
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    texts = [
        (await post(simulator, "abc", stream=False, **wish)).json()["message"]["content"]
        for wish in (
            {"format": "json"},
            {"format": schema},
            {"messages": [{"role": "user", "content": "?", "images": [PIXEL, SOUND, "SUQzBA=="]}]},
        )
    ]
    assert texts == ['{"answer": "abc"}', '{"n": 3}', "I see 3: image/png, audio/wav, audio/mpeg"]


async def test_a_prompt_above_the_window_is_truncated_silently(simulator):
    """The oldest messages are dropped, but not the system's; with `truncate` false: an error."""
    messages = [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "a " * 5000},
        {"role": "user", "content": "the end"},
    ]
    cut = await post(simulator, messages=messages)
    wide = await post(simulator, messages=messages, options={"num_ctx": 8192})
    refused = await post(simulator, messages=messages, truncate=False)
    assert lines_of(cut)[-1]["prompt_eval_count"] == 3
    assert lines_of(wide)[-1]["prompt_eval_count"] == 5003
    assert (refused.status_code, "exceeds the available" in refused.json()["error"]) == (400, True)


async def test_no_messages_load_the_model(simulator):
    """The reply is empty."""
    answer = (await post(simulator, messages=[])).json()
    assert (answer["done"], answer["done_reason"]) == (True, "load")


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"model": ""}, 400, "model is required"),
        ({"model": "llama3.2", "think": True}, 400, '"llama3.2" does not support thinking'),
        ({"model": "gemma3", "tools": TOOLS}, 400, "registry.ollama.ai/library/gemma3 does not"),
        ({"model": "nomic-embed-text"}, 400, '"nomic-embed-text" does not support chat'),
        ({"think": "xhigh"}, 400, 'invalid think value: "xhigh"'),
        ({"format": "yaml"}, 400, 'invalid format: "yaml"'),
        ({"options": {"num_ctx": "8k"}}, 500, 'option "num_ctx" must be of'),
        ({"messages": {}}, 400, "json: cannot unmarshal object into Go struct field"),
        ({"messages": [{"role": "user", "content": []}]}, 400, "json: cannot unmarshal array"),
        (
            {"messages": [{"role": "user", "content": "", "images": ["https://x/y.png"]}]},
            400,
            "illegal base64 data",
        ),
        (
            {"messages": [{"tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}]},
            400,
            "json: cannot unmarshal string",
        ),
        (
            {"model": "gemma3", "messages": [{"role": "user", "content": "", "images": [SOUND]}]},
            500,
            "audio input is not supported",
        ),
        (
            {"model": "qwen3", "messages": [{"role": "user", "content": "", "images": [PIXEL]}]},
            500,
            "image input is not supported",
        ),
    ],
)
async def test_an_invalid_request_is_refused(simulator, body, status, message):
    """The message is in `error`."""
    response = await post(simulator, **body)
    assert (response.status_code, list(response.json())) == (status, ["error"])
    assert response.json()["error"].startswith(message)


async def test_a_missing_model_is_named(simulator):
    """404, with the name in single quotes."""
    simulator.behave(fixed_models=True)
    response = await post(simulator, model="mistral")
    assert (response.status_code, response.json()) == (404, {"error": "model 'mistral' not found"})


async def test_an_error_in_mid_stream_is_a_line(simulator):
    """The status stays 200; under /v1 the same error has OpenAI's format."""
    fault = Fault("stream_error", vendor="ollama", after=1, times=2)
    simulator.faults.add(fault)
    lines = lines_of(await post(simulator))
    assert [line.get("message", {}).get("content") for line in lines] == ["Hello", None]
    assert lines[-1] == {"error": "llama runner process has terminated: signal: killed"}
    url = simulator.base_url("ollama") + "/v1/chat/completions"
    body = {"model": "m", "messages": [{"role": "user", "content": "a b"}], "stream": True}
    async with httpx.AsyncClient(trust_env=False) as client:
        compatible = await client.post(url, json=body)
    assert '"error":{"message":"llama runner' in compatible.text


async def test_tags_have_capabilities(simulator):
    """And the context window of each model."""
    simulator.behave(models={"ollama": ["qwen3:8b", "nomic-embed-text:latest"]})
    async with httpx.AsyncClient(trust_env=False) as client:
        listed = (await client.get(simulator.base_url("ollama") + "/api/tags")).json()["models"]
    assert [model["model"] for model in listed] == ["qwen3:8b", "nomic-embed-text:latest"]
    assert listed[0]["capabilities"] == ["completion", "tools", "thinking"]
    assert listed[0]["details"]["context_length"] == 40_960
    assert listed[1]["capabilities"] == ["embedding"]
