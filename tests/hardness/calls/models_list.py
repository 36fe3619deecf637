"""Lists of models: many calls in one small write, and long lists."""

import trio

from hardness.arena import Arena
from hardness.attack import Attack, Figures
from hardness.attackers import in_one_write

LONG_LIST = """
[providers.long]
kind = "openai"
base_url = "http://127.0.0.1:{port}/list/%d/v1"
auth = "none"
"""
AT_MOST = {
    "ping_p99_ms": 50,
    "loop_cpu_max": 150,
    "memory_mb": 256,
    "unfinished": 0,
    "tasks_left": 8,
}

FLOOD = in_one_write("models.list", lambda _: {})


async def _change_and_list(arena: Arena, size: int) -> Figures:
    """Change the aliases and list at once, `size` times, while another client lists without end."""
    stale, base = 0, arena.home.config_file.read_text()

    async def flood() -> None:
        while True:
            await FLOOD(arena, 100)

    async with trio.open_nursery() as nursery, await arena.connect() as peer:
        nursery.start_soon(flood)
        for number in range(0, 2 * size, 2):
            name = f"alias-{number}"
            arena.home.write_config(f'{base}\n[models.{name}]\nroutes = ["long/m"]\n')
            changed = await peer.call(2 * number, "config.reload")
            listed = await peer.call(2 * number + 1, "models.list", provider="quick")
            aliases = [alias["name"] for alias in listed.result["aliases"]]
            stale += changed.error is not None or aliases != [name]
        nursery.cancel_scope.cancel()
    return {"stale": stale, "lists": size}


ATTACKS = [
    Attack(
        "models-list-in-one-write",
        "2,500 calls of models.list in one write of 59 kB",
        in_one_write("models.list", lambda _: {"all": True}),
        short=0,
        whole=2500,
        at_most=AT_MOST,
    ),
    Attack(
        "models-list-of-7000",
        "3,500 calls of a list of 7,000 models in one write",
        in_one_write("models.list", lambda _: {}),
        short=100,
        whole=3500,
        at_most=AT_MOST,
        config=LONG_LIST % 7000,
    ),
    Attack(
        "models-list-changes",
        "lists of models right after a change, while another client lists 7,000 without end",
        _change_and_list,
        short=10,
        whole=200,
        at_most={**AT_MOST, "stale": 0},
        config=LONG_LIST % 7000,
    ),
    Attack(
        "models-list-of-10000",
        "calls of a list of 10,000 models, each with another query",
        in_one_write("models.list", lambda n: {"query": f"model {n}"}),
        short=100,
        whole=2500,
        at_most=AT_MOST,
        config=LONG_LIST % 10_000,
    ),
]
