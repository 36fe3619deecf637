"""HTTP clients of a daemon that asks another one: what answers is translated."""

import json
from collections.abc import Iterator

import httpx
import pytest

from aircher_wire import address
from aircherd.testing.simulator import Fault
from helpers.daemon.ipc_requests import chats


@pytest.fixture
def http(pair) -> Iterator[httpx.Client]:
    """A client of the private HTTP socket of `front`."""
    transport = httpx.HTTPTransport(uds=address.http_socket(str(pair.front.socket)))
    with httpx.Client(transport=transport, base_url="http://aircher.localhost") as client:
        yield client


def chat(model: str, **fields: object) -> dict[str, object]:
    """Return the body of a chat completion."""
    return {"model": model, "messages": [{"role": "user", "content": "one two"}], **fields}


def test_a_whole_answer(http) -> None:
    """In the API that the client speaks."""
    body = chat("laptop/spare/claude-sonnet-5")
    answer = http.post("/v1/chat/completions", json=body).json()
    assert answer["choices"][0]["message"]["content"] == "one two"
    assert answer["usage"]["completion_tokens"] == 2


def test_a_stream(http, pair) -> None:
    """In another API than that of the provider in the end, or the same."""
    body = {**chat("laptop/spare/claude-sonnet-5", stream=True), "max_tokens": 100}
    data = http.post("/v1/messages", json=body).text
    events = [json.loads(line[6:]) for line in data.splitlines() if line.startswith("data: ")]
    deltas = [each["delta"] for each in events if each["type"] == "content_block_delta"]
    assert "".join(each.get("text", "") for each in deltas) == "one two"
    assert events[-1]["type"] == "message_stop"
    assert chats(pair.sim)[-1].vendor == "anthropic"


def test_a_stream_has_signatures(http) -> None:
    """A tool that sends thinking back has what its model needs to believe it."""
    thinking = {"type": "enabled", "budget_tokens": 1024}
    body = chat("laptop/spare/claude-sonnet-5", stream=True, max_tokens=4000, thinking=thinking)
    data = http.post("/v1/messages", json=body).text
    assert "signature_delta" in data
    body["stream"] = False
    answer = http.post("/v1/messages", json=body).json()
    thought = next(part for part in answer["content"] if part["type"] == "thinking")
    assert thought["signature"]
    assert thought["signature"] in data


def test_the_next_provider_answers_in_its_own_words(http, pair) -> None:
    """The daemon fails before any output, and the client gets the vendor's bytes."""
    pair.sim.faults.add(Fault("error", error="overloaded", vendor="openai", times=None))
    answer = http.post(
        "/v1beta/models/safe:generateContent",
        json={"contents": [{"role": "user", "parts": [{"text": "one two"}]}]},
    )
    assert answer.json()["candidates"][0]["content"]["parts"][0]["text"] == "one two"
    assert [each.vendor for each in chats(pair.sim)[-2:]] == ["openai", "gemini"]


def test_embeddings_are_not_passed_on(http) -> None:
    """The error says what could."""
    body = {"model": "laptop/work/text-embedding-3-small", "input": "x"}
    answer = http.post("/v1/embeddings", json=body)
    assert answer.status_code == 400
    assert "only a provider that has" in answer.text
