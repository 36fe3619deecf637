"""Cached responses for benchmarks."""

import httpx

from aircherd.testing.simulator import Behaviour, Fault, open_simulator

BODY = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


async def test_a_cached_response_respects_keys_faults_and_behaviour():
    """The same request gets the same id until a fault, a revoked key or a new behaviour."""
    behaviour = Behaviour(repeat_answers=True)
    async with (
        open_simulator(accept={"openai": "k"}, behaviour=behaviour) as simulator,
        httpx.AsyncClient(trust_env=False, headers={"authorization": "Bearer k"}) as client,
    ):

        async def ask() -> httpx.Response:
            return await client.post(simulator.base_url("openai") + "/chat/completions", json=BODY)

        first, second = await ask(), await ask()
        simulator.faults.add(Fault("error"))
        faulty, third = await ask(), await ask()
        simulator.behave(text="ho")
        changed = await ask()
        simulator.keys.revoke("openai")
        refused = await ask()
        statuses = [received.status for received in simulator.requests]
    assert first.json() == second.json() == third.json()
    assert changed.json()["choices"][0]["message"]["content"] == "ho"
    assert [faulty.status_code, refused.status_code] == [500, 401]
    assert statuses == [200, 200, 500, 200, 200, 401]
