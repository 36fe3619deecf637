"""The simulated OpenAI API, tested with a plain HTTP client."""

import json
from typing import Any

import httpx
import pytest

from aircherd.testing.simulator import Simulator, open_simulator

KEY = "sk-made-up-0123456789"
HEADERS = {"authorization": f"Bearer {KEY}"}
TOOLS = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}
    for name in ("look", "ask")
]


@pytest.fixture
async def simulator():
    async with open_simulator(accept={"openai": KEY}) as simulator:
        yield simulator


async def post(simulator: Simulator, headers: dict[str, str] = HEADERS, **body: Any):
    body = {"model": "gpt-5.5", "messages": [{"role": "user", "content": "Hello big world"}]} | body
    async with httpx.AsyncClient(trust_env=False) as client:
        url = simulator.base_url("openai") + "/chat/completions"
        return await client.post(url, json=body, headers=headers)


def data_of(response: httpx.Response) -> list[str]:
    events = response.text.removesuffix("\n\n").split("\n\n")
    return [event.removeprefix("data: ") for event in events]


def chunks_of(response: httpx.Response) -> list[dict[str, Any]]:
    return [json.loads(data) for data in data_of(response) if data != "[DONE]"]


async def test_an_unstreamed_response_repeats_the_prompt(simulator):
    """It is one completion with the words of the prompt."""
    response = await post(simulator)
    body = response.json()
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert body["object"] == "chat.completion"
    assert body["choices"][0]["message"] == {
        "role": "assistant",
        "content": "Hello big world",
        "refusal": None,
    }
    assert body["choices"][0]["finish_reason"] == "stop"


async def test_a_stream_has_the_role_the_words_the_finish_and_done(simulator):
    """One chunk per word, in the vendor's order, ended by [DONE]."""
    response = await post(simulator, stream=True)
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks_of(response)]
    assert data_of(response)[-1] == "[DONE]"
    assert deltas[0] == {"role": "assistant", "content": "", "refusal": None}
    assert [delta["content"] for delta in deltas[1:-1]] == ["Hello", " big", " world"]
    assert deltas[-1] == {}
    assert chunks_of(response)[-1]["choices"][0]["finish_reason"] == "stop"
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"


async def test_usage_has_its_own_chunk_on_request(simulator):
    """With include_usage a last chunk without choices has it, and the others have null."""
    asked = chunks_of(await post(simulator, stream=True, stream_options={"include_usage": True}))
    unasked = chunks_of(await post(simulator, stream=True))
    assert asked[-1]["choices"] == []
    assert asked[-1]["usage"]["completion_tokens"] == 3
    assert [None] * (len(asked) - 1) == [chunk["usage"] for chunk in asked[:-1]]
    assert all("usage" not in chunk for chunk in unasked)


async def test_padding_hides_the_length_of_words_unless_switched_off(simulator):
    """Every chunk carries `obfuscation` by default."""
    padded = chunks_of(await post(simulator, stream=True))
    options = {"include_obfuscation": False}
    plain = chunks_of(await post(simulator, stream=True, stream_options=options))
    lengths = {
        len(chunk["choices"][0]["delta"]["content"]) + len(chunk["obfuscation"])
        for chunk in padded[1:-1]
    }
    assert {16} == lengths
    assert all("obfuscation" not in chunk for chunk in plain)


async def test_cached_and_reasoning_tokens_are_inside_the_totals(simulator):
    """Cached tokens are part of the prompt, reasoning tokens part of the completion."""
    simulator.behave(cached_tokens=2, reasoning_tokens=40)
    usage = (await post(simulator)).json()["usage"]
    assert (
        usage["prompt_tokens"],
        usage["completion_tokens"],
        usage["total_tokens"],
    ) == (3, 43, 46)
    assert usage["prompt_tokens_details"]["cached_tokens"] == 2
    assert usage["completion_tokens_details"]["reasoning_tokens"] == 40


async def test_parallel_tool_calls_are_streamed_in_fragments(simulator):
    """Each call starts with id and name; its fragments, joined by index, are its arguments."""
    prompt = 'call look {"where": "under the bed"} and ask {"person": "Anna"}'
    messages = [{"role": "user", "content": prompt}]
    chunks = chunks_of(await post(simulator, stream=True, messages=messages, tools=TOOLS))
    parts = [
        part for chunk in chunks for part in chunk["choices"][0]["delta"].get("tool_calls", [])
    ]
    joined = ["", ""]
    for part in parts:
        joined[part["index"]] += part["function"]["arguments"]
    assert [part["function"]["name"] for part in parts if "id" in part] == ["look", "ask"]
    assert [json.loads(text) for text in joined] == [{"where": "under the bed"}, {"person": "Anna"}]
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"


async def test_tool_results_are_answered_with_text(simulator):
    """The model repeats the results."""
    call = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "call look {}"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "a shoe"},
    ]
    body = (await post(simulator, messages=messages, tools=TOOLS)).json()
    assert body["choices"][0]["message"]["content"] == "The tools answered: a shoe"


@pytest.mark.parametrize(
    ("limits", "text", "finish"),
    [
        ({"stop": [" world"]}, "Hello big", "stop"),
        ({"stop": "big"}, "Hello ", "stop"),
        ({"max_tokens": 2}, "Hello big", "length"),
        ({"max_completion_tokens": 1}, "Hello", "length"),
    ],
)
async def test_stop_sequences_and_max_tokens_end_the_text(simulator, limits, text, finish):
    """The text ends before a stop sequence, or after the allowed number of tokens."""
    choice = (await post(simulator, **limits)).json()["choices"][0]
    assert (text, finish) == (choice["message"]["content"], choice["finish_reason"])


async def test_a_refused_key_is_echoed_in_part(simulator):
    """As the real API does, the 401 shows both ends of the key."""
    response = await post(simulator, {"authorization": "Bearer sk-wrong-key-abcdefgh"})
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (401, "invalid_api_key")
    assert "sk-wrong" in error["message"]
    assert "efgh" in error["message"]


async def test_a_missing_key_differs_from_a_wrong_one(simulator):
    """Without a key the 401 has no code."""
    response = await post(simulator, {})
    assert (response.status_code, response.json()["error"]["code"]) == (401, None)


async def test_a_key_can_be_revoked_while_it_runs(simulator):
    """It is refused afterwards."""
    first = await post(simulator)
    simulator.keys.revoke("openai", KEY)
    assert [first.status_code, (await post(simulator)).status_code] == [200, 401]


async def test_every_response_has_rate_limit_headers(simulator):
    """Limits, what remains and Go durations, for requests and tokens."""
    headers = (await post(simulator)).headers
    assert headers["x-ratelimit-limit-requests"] == "10000"
    assert headers["x-ratelimit-remaining-requests"] == "9999"
    assert headers["x-ratelimit-reset-tokens"] == "6ms"
    assert headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"model": ""}, "you must provide a model parameter"),
        ({"messages": None}, "Missing required parameter: 'messages'."),
        ({"messages": []}, "Invalid 'messages': empty array."),
        ({"stop": ["a", "b", "c", "d", "e"]}, "Invalid 'stop': array too long."),
        ({"stream_options": {}}, "The 'stream_options' parameter is only allowed"),
        ({"temperature": 3}, "Invalid 'temperature'"),
        ({"max_tokens": 1, "max_completion_tokens": 1}, "Setting 'max_tokens' and"),
        ({"messages": [{"role": "tool", "tool_call_id": "x", "content": ""}]}, "Invalid parameter"),
        ({"messages": ["not a map"]}, "the request has an unexpected shape"),
    ],
)
async def test_an_invalid_request_is_refused(simulator, body, message):
    """As by the real API: with status 400 and the reason."""
    response = await post(simulator, **body)
    assert response.status_code == 400
    assert response.json()["error"]["message"].startswith(message)


async def test_calls_must_be_answered_by_tool_messages(simulator):
    """An assistant's call without its result is refused by its id."""
    call = {"id": "call_9", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    messages = [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "user", "content": "and?"},
    ]
    response = await post(simulator, messages=messages)
    assert response.json()["error"]["message"].endswith("did not have response messages: call_9")


async def test_listing_models_needs_a_key(simulator):
    """The list has OpenAI's format."""
    async with httpx.AsyncClient(trust_env=False, base_url=simulator.base_url("openai")) as client:
        listed = (await client.get("/models", headers=HEADERS)).json()
        refused = await client.get("/models")
    assert listed["object"] == "list"
    assert simulator.behaviour.models["openai"] == [model["id"] for model in listed["data"]]
    assert refused.status_code == 401


async def test_with_fixed_models_others_are_not_found(simulator):
    """A model that is not listed is a 404 with OpenAI's code."""
    simulator.behave(fixed_models=True)
    response = await post(simulator, model="gpt-9")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "model_not_found")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/v1/unknown", 404), ("GET", "/v1/chat/completions", 405)],
)
async def test_unknown_paths_and_methods_are_errors_of_the_vendor(simulator, method, path, status):
    """They have OpenAI's error format."""
    async with httpx.AsyncClient(trust_env=False) as client:
        response = await client.request(method, simulator.url + path, headers=HEADERS)
    assert (status, "invalid_request_error") == (
        response.status_code,
        response.json()["error"]["type"],
    )
