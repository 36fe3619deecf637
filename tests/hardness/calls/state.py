"""Calls about the state of the daemon, its keys and its routes, with a large configuration."""

import trio

from hardness.arena import Arena
from hardness.attack import Attack, Figures
from hardness.attackers import chat, in_one_write
from hardness.calls.configuration import AT_MOST, LARGE

ROUTES = ", ".join(f'"p{n}/m"' for n in range(200))
MANY_ROUTES = f"{LARGE}\n[models.many]\nroutes = [{ROUTES}]\n"


CHAT = chat("many")
EVERY = {
    "status": {},
    "auth.status": {},
    "auth.test": {},
    "limits.status": {},
    "diagnose": {},
    "models.refresh": {},
    "route.explain": CHAT,
    "config.check": {},
    "config.show": {"all": True},
    "config.schema": {},
    "protocol.schema": {},
    "usage.report": {"by": ["client"]},
    "attempts.list": {},
    "models.list": {"all": True},
}
"""The methods that take long, with parameters."""


async def _all_at_once(arena: Arena, size: int) -> Figures:
    """Call every method `size` times, each on a connection of its own."""
    answered = 0

    async def one(method: str, params: dict[str, object]) -> None:
        nonlocal answered
        found = await in_one_write(method, lambda _: params)(arena, size)
        answered += int(found["ok"])

    async with trio.open_nursery() as nursery:
        for method, params in EVERY.items():
            nursery.start_soon(one, method, params)
    return {"ok": answered}


def _attack(method: str, whole: int, **params: object) -> Attack:
    return Attack(
        method.replace(".", "-"),
        f"{whole:,} calls of {method} in one write, with 200 providers",
        in_one_write(method, lambda _: params),
        short=0,
        whole=whole,
        at_most=AT_MOST,
        config=MANY_ROUTES,
    )


ATTACKS = [
    _attack("status", 2500),
    _attack("auth.status", 2500),
    _attack("auth.test", 500),
    _attack("limits.status", 2500),
    _attack("diagnose", 300),
    _attack("models.refresh", 300),
    _attack("route.explain", 2500, **CHAT),
    Attack(
        "every-costly-call",
        "every method that takes long at once, each from a client of its own",
        _all_at_once,
        short=20,
        whole=300,
        at_most=AT_MOST,
        at_least={"ok": 20 * len(EVERY)},
        config=MANY_ROUTES,
    ),
]
