"""`python -m hardness.locked_key N`: locks the keys of a daemon here, and tries to use them.

A process of its own, so that every object of it can be looked at. It prints the figures as JSON.
"""

import json
import sys

import trio

from aircherd.api.services import Services
from hardness.attack import Figures
from helpers.daemon.in_process import ask, running, write_config
from helpers.daemon.real_daemon import home
from helpers.secrets.key_holders import HEAD, TAIL, ReversingStore, holders, separate_simulator

PROVIDER = '[providers.work]\nkind = "openai"\nbase_url = "{url}/v1"\n'
MESSAGE = {"role": "user", "content": "hello"}
RELEASE_SECONDS = 5.0


async def use(services: Services) -> int:
    """Try to use the key; return how many requests were served."""
    model = {"model": "work/m", "messages": [MESSAGE]}
    found = [
        await ask(services, "chat", **model),
        await ask(services, "chat", **model, stream=True),
        await ask(services, "auth.login", provider="work", key=f"other-{HEAD}"),
    ]
    await ask(services, "auth.test")
    return sum("code" not in each for each in found)


async def count_holders() -> int:
    """Return how many objects refer to the key, after what is under way has ended."""
    with trio.move_on_after(RELEASE_SECONDS):
        while holders():  # noqa: ASYNC110 -- there is no event for it
            await trio.sleep(0.05)
    return len(holders())


async def attack(rounds: int) -> Figures:
    """Lock, try, reload, try, restart, try; `rounds` times each."""
    figures: Figures = {"holders_before": 0, "holders": 0, "served": 0, "tried": 0}
    keyring = ReversingStore()
    with separate_simulator() as url, home() as user:
        write_config(user.environ, PROVIDER.format(url=url))
        async with running(user.environ, keyring=keyring) as services:
            await ask(services, "auth.login", provider="work", key=HEAD + TAIL)
            figures["served_before"] = await use_once(services)
            figures["holders_before"] = len(holders())
            await ask(services, "auth.lock")
            figures["holders"] += await count_holders()
        for _ in range(rounds):
            async with running(user.environ, keyring=keyring) as services:
                for step in ("restart", "config.reload"):
                    if step != "restart":
                        await ask(services, step)
                    figures["served"] += await use(services)
                    figures["tried"] += 3
                figures["holders"] += await count_holders()
    return figures


async def use_once(services: Services) -> int:
    """Return 1 if the key works."""
    found = await ask(services, "chat", model="work/m", messages=[MESSAGE])
    return int("code" not in found)


if __name__ == "__main__":
    print(json.dumps(trio.run(attack, int(sys.argv[1]))))
