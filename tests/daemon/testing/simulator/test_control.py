"""Programming over HTTP."""

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


async def test_keys_faults_and_manner_are_changed_by_order(client):
    """Accept, revoke, program, clear: each has its effect on the next request."""
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
        {"accept": {"nobody": "k"}},
    ],
)
async def test_an_order_that_does_not_hold_changes_nothing(client, order):
    """It is answered 400 with the reason, and none of it is carried out."""
    response = await client.post("/_control", json={"accept": {"openai": "k"}} | order)
    assert (response.status_code, list(response.json())) == (400, ["error"])
    assert await chat_status(client) == 401


@pytest.mark.parametrize(
    ("value", "sent"), [("caf\u00e9", b"caf\xe9"), ("\u20ac", b"\xe2\x82\xac")]
)
async def test_a_header_of_any_letters(client, value, sent):
    """It goes out as some server would send it, and the simulator lives on."""
    fault = {"kind": "error", "error": "rate_limit", "headers": {"x-note": value}}
    order = {"accept": {"openai": "k"}, "faults": [fault]}
    assert (await client.post("/_control", json=order)).status_code == 200
    response = await client.post(CHAT, json=BODY)
    assert dict(response.headers.raw)[b"x-note"] == sent
    assert await chat_status(client) == 200


async def test_the_journal_says_what_came(client):
    """Path, key, body, status; control requests are not in it; `since` leaves out the old."""
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


async def test_a_journal_can_be_forgotten(client):
    """The entries go, the count stays."""
    await chat_status(client)
    await client.post("/_control", json={"forget": True})
    assert (await client.get("/_journal")).json() == {"total": 1, "requests": []}
