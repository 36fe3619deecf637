"""Controlling the simulator over HTTP."""

import httpx
import pytest

from aircherd.testing.simulator import open_simulator

BODY = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
CHAT = "/v1/chat/completions"


@pytest.fixture
async def client():
    async with (
        open_simulator() as simulator,
        httpx.AsyncClient(trust_env=False, base_url=simulator.url) as client,
    ):
        client.headers["authorization"] = "Bearer k"
        yield client


async def chat_status(client: httpx.AsyncClient) -> int:
    return (await client.post(CHAT, json=BODY)).status_code


async def test_a_command_changes_keys_faults_and_behaviour(client):
    """Each change takes effect on the next request."""
    seen = [await chat_status(client)]
    for order in (
        {"accept": {"openai": "k"}},
        {"faults": [{"kind": "error", "error": "rate_limit", "times": None}]},
        {"clear": True},
        {"revoke": {"openai": ["k"]}},
        {"accept": {"openai": "*"}, "behaviour": {"text": "ho"}},
    ):
        assert (await client.post("/_control", json=order)).status_code == 200
        seen.append(await chat_status(client))
    assert seen == [401, 200, 429, 200, 401, 200]
    answer = (await client.post(CHAT, json=BODY)).json()
    assert answer["choices"][0]["message"]["content"] == "ho"


@pytest.mark.parametrize(
    "order",
    [
        {"acept": {}},
        {"faults": [{"kind": "none"}]},
        {"faults": [{"kind": "error", "error": "no such"}]},
        {"behaviour": {"dealy": 1}},
        {"behaviour": {"events_per_write": 0}},
        {"accept": {"unknown": "k"}},
    ],
)
async def test_an_invalid_command_changes_nothing(client, order):
    """It is answered with 400 and the reason."""
    response = await client.post("/_control", json={"accept": {"openai": "k"}} | order)
    assert (response.status_code, list(response.json())) == (400, ["error"])
    assert await chat_status(client) == 401


@pytest.mark.parametrize(
    ("value", "sent"), [("caf\u00e9", b"caf\xe9"), ("\u20ac", b"\xe2\x82\xac")]
)
async def test_a_header_may_have_any_characters(client, value, sent):
    """It is sent unchanged, and the simulator keeps running."""
    fault = {"kind": "error", "error": "rate_limit", "headers": {"x-note": value}}
    order = {"accept": {"openai": "k"}, "faults": [fault]}
    assert (await client.post("/_control", json=order)).status_code == 200
    response = await client.post(CHAT, json=BODY)
    assert dict(response.headers.raw)[b"x-note"] == sent
    assert await chat_status(client) == 200


async def test_the_journal_lists_received_requests(client):
    """With path, key, body and status; without control requests; `since` skips old ones."""
    await client.post("/_control", json={"accept": {"openai": "k"}})
    for _ in range(2):
        await chat_status(client)
    journal = (await client.get("/_journal")).json()
    later = (await client.get("/_journal", params={"since": 1})).json()
    first = journal["requests"][0]
    assert (
        journal["total"],
        first["path"],
        first["vendor"],
        first["endpoint"],
        first["key"],
        first["status"],
    ) == (2, CHAT, "openai", "chat", "k", 200)
    assert (first["json"], first["disconnected"], first["finished"]) == (BODY, False, True)
    assert [entry["number"] for entry in later["requests"]] == [2]


async def test_the_journal_can_be_cleared(client):
    """The entries are removed, the count stays."""
    await chat_status(client)
    await client.post("/_control", json={"forget": True})
    assert (await client.get("/_journal")).json() == {"total": 1, "requests": []}
