"""OpenRouter, Ollama, which vendor serves a path, and what all chats have in common."""

import json

import httpx
import pytest

from aircherd.testing.simulator import ANY_KEY, open_simulator

MESSAGES = [{"role": "user", "content": "Hello there"}]
BODY = {"model": "m", "messages": MESSAGES, "stream": True}


@pytest.fixture
async def client():
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


async def test_openrouter_streams_comments_cost_and_its_own_fields(client):
    """A comment first, usage with cost by default, a provider and a native finish reason."""
    async with open_simulator(accept={"openrouter": "k"}) as simulator:
        url = simulator.base_url("openrouter") + "/chat/completions"
        response = await client.post(url, json=BODY, headers={"authorization": "Bearer k"})
    events = response.text.split("\n\n")
    chunks = [json.loads(event[6:]) for event in events if event.startswith("data: {")]
    assert events[0] == ": OPENROUTER PROCESSING"
    assert "cost" in chunks[-1]["usage"]
    assert chunks[-2]["choices"][0]["native_finish_reason"] == "stop"
    assert {"Simulated"} == {chunk["provider"] for chunk in chunks}
    assert response.headers["x-generation-id"].startswith("gen-")


async def test_openrouters_models_are_public_and_its_key_endpoint_is_not(client):
    """Only /key verifies a key."""
    async with open_simulator(accept={"openrouter": "k"}) as simulator:
        base = simulator.base_url("openrouter")
        models = await client.get(base + "/models")
        refused = await client.get(base + "/key")
        accepted = await client.get(base + "/key", headers={"authorization": "Bearer k"})
    assert [models.status_code, refused.status_code, accepted.status_code] == [200, 401, 200]
    assert accepted.json()["data"]["limit_remaining"] == 9.5


async def test_ollama_needs_no_key_until_one_is_added(client):
    """After that other keys are refused, as by Ollama's cloud."""
    async with open_simulator() as simulator:
        url = simulator.base_url("ollama") + "/v1/chat/completions"
        free = await client.post(url, json=BODY)
        simulator.keys.accept("ollama", "k")
        refused = await client.post(url, json=BODY)
        version = await client.get(simulator.base_url("ollama") + "/api/version")
    assert [free.status_code, refused.status_code, version.status_code] == [200, 401, 200]
    assert "version" in version.json()


async def test_shared_paths_can_belong_to_ollama(client):
    """`shared_paths` selects the vendor."""
    async with open_simulator(shared_paths="ollama") as simulator:
        await client.post(simulator.url + "/v1/chat/completions", json=BODY)
        tags = await client.get(simulator.url + "/api/tags")
        assert simulator.requests[0].vendor == "ollama"
    assert tags.json()["models"][0]["name"] == "llama3.2:latest"


async def test_headers_select_the_vendor_of_a_shared_path(client):
    """It is Anthropic with its header, and OpenAI without."""
    async with open_simulator() as simulator:
        await client.get(simulator.url + "/v1/models", headers={"x-api-key": "a"})
        await client.get(simulator.url + "/v1/models", headers={"authorization": "Bearer b"})
        await client.get(simulator.url + "/anthropic/v1/models")
        routed = [(entry.vendor, entry.key) for entry in simulator.requests]
    assert routed == [("anthropic", "a"), ("openai", "b"), ("anthropic", None)]


async def test_gemini_is_recognised_by_its_version(client):
    """Its paths start with /v1beta; its key is in a header or the query."""
    async with open_simulator() as simulator:
        await client.get(simulator.url + "/v1beta/models", headers={"x-goog-api-key": "a"})
        await client.get(simulator.url + "/v1beta/models?key=b")
        await client.post(simulator.url + "/gemini/v1beta/models/x/y:generateContent")
        routed = [(entry.vendor, entry.endpoint, entry.key) for entry in simulator.requests]
    assert routed == [
        ("gemini", "models", "a"),
        ("gemini", "models", "b"),
        ("gemini", "chat", None),
    ]


async def test_any_key_accepts_requests_without_a_key(client):
    """Like a compatible server without keys."""
    async with open_simulator(accept={"openai": ANY_KEY}) as simulator:
        response = await client.post(simulator.url + "/v1/chat/completions", json=BODY)
    assert response.status_code == 200


# ---------------------------------------------------------------- planned turns

TURNS = ['call look {"at":1}', 'call look {"at":2}', "All done"]
SCHEMA = {"type": "object", "properties": {}}
USER = {"role": "user", "content": "Fix it"}
FUNCTION = {"name": "look", "parameters": SCHEMA}
HEADERS = {
    "authorization": "Bearer k",
    "x-api-key": "k",
    "x-goog-api-key": "k",
    "anthropic-version": "2023-06-01",
}


def chat(rounds):
    """Chat Completions."""
    messages = [USER]
    for number in range(rounds):
        call = {"id": f"c{number}", "type": "function"}
        made = {**call, "function": {"name": "look", "arguments": "{}"}}
        messages.append({"role": "assistant", "content": None, "tool_calls": [made]})
        messages.append({"role": "tool", "tool_call_id": f"c{number}", "content": "seen"})
    tools = [{"type": "function", "function": FUNCTION}]
    return "/openai/v1/chat/completions", {"model": "m", "messages": messages, "tools": tools}


def responses(rounds):
    """Responses."""
    items = [USER]
    for number in range(rounds):
        call = {"call_id": f"c{number}", "name": "look", "arguments": "{}"}
        items.append({"type": "function_call", **call})
        items.append({"type": "function_call_output", "call_id": f"c{number}", "output": "seen"})
    body = {"model": "m", "input": items, "tools": [{"type": "function", **FUNCTION}]}
    return "/openai/v1/responses", body


def messages(rounds):
    """Messages of Anthropic; a turn may come in two messages."""
    turns = [USER]
    for number in range(rounds):
        call = {"type": "tool_use", "id": f"c{number}", "name": "look", "input": {}}
        turns.append({"role": "assistant", "content": "I look"})
        turns.append({"role": "assistant", "content": [call]})
        result = {"type": "tool_result", "tool_use_id": f"c{number}", "content": "seen"}
        turns.append({"role": "user", "content": [result]})
    tools = [{"name": "look", "input_schema": SCHEMA}]
    body = {"model": "m", "max_tokens": 99, "messages": turns, "tools": tools}
    return "/anthropic/v1/messages", body


def gemini(rounds):
    """Google's API."""
    contents = [{"role": "user", "parts": [{"text": "Fix it"}]}]
    for _ in range(rounds):
        contents.append({"role": "model", "parts": [{"functionCall": {"name": "look"}}]})
        answer = {"name": "look", "response": {"output": "seen"}}
        contents.append({"role": "user", "parts": [{"functionResponse": answer}]})
    tools = [{"functionDeclarations": [{"name": "look"}]}]
    path = "/gemini/v1beta/models/gemini-2.5-flash:generateContent"
    return path, {"contents": contents, "tools": tools}


def ollama(rounds):
    """Ollama's own API."""
    turns = [USER]
    for _ in range(rounds):
        call = {"function": {"name": "look", "arguments": {}}}
        turns.append({"role": "assistant", "content": "", "tool_calls": [call]})
        turns.append({"role": "tool", "content": "seen"})
    tools = [{"type": "function", "function": FUNCTION}]
    body = {"model": "llama3.2", "messages": turns, "tools": tools, "stream": False}
    return "/ollama/api/chat", body


@pytest.mark.parametrize("ask", [chat, responses, messages, gemini, ollama])
async def test_the_model_goes_on_round_after_round(ask):
    """Two calls, then the end, and then what it says by itself."""
    async with (
        open_simulator(accept=dict.fromkeys(("openai", "anthropic", "gemini"), "*")) as simulator,
        httpx.AsyncClient(base_url=simulator.url, trust_env=False, headers=HEADERS) as client,
    ):
        simulator.behave(turns=TURNS)
        replies = []
        for rounds in range(4):
            path, body = ask(rounds)
            replies.append((await client.post(path, json=body)).text.replace("\\", ""))
    ends = ['"at":1', '"at":2', "All done", "The tools answered: seen"]
    assert [end in reply for end, reply in zip(ends, replies, strict=True)] == [True] * 4, replies
