"""A hundred requests at once against a limit for ten, at providers that bill what they like."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

import trio

from hardness.arena import Arena
from hardness.attack import Attack, Figures
from hardness.attackers import chat
from hardness.billing import Bill, open_billing
from helpers.daemon.load import start_watched

TEXT = "Tell me what this is about, in one sentence. " * 10
MAX_TOKENS = 32
FOR = 10
"""How many calls the limit allows, at first and again after a restart."""
PROVIDER = """
[providers.{name}]
kind = "openai"
base_url = "http://127.0.0.1:{port}/v1"
auth = "none"
"""
MODEL = """
[catalog."{name}/m{number}"]
input_price = 1000
output_price = 1000
"""
LIMIT = """
[[limits]]
provider = "{name}"
{amount}
per = "day"
"""


@dataclass
class Case:
    """A provider with a limit of its own. `leaves_after` seconds, its clients leave the stream."""

    name: str
    bill: Bill
    is_tokens: bool = False
    models: int = 1
    leaves_after: float | None = None

    @property
    def spent(self) -> int:
        """What it has billed, in the limit's unit."""
        return self.bill.tokens if self.is_tokens else self.bill.nano

    @property
    def one(self) -> int:
        """What one call costs there."""
        probe = replace(self.bill, bodies=[], calls=0, tokens=0, nano=0)
        probe.charge({"messages": [{"content": TEXT}], "max_tokens": MAX_TOKENS})
        return probe.tokens if self.is_tokens else probe.nano

    def config(self, port: int, times: int) -> str:
        """Return its provider, its prices, and a limit for `times` ten calls."""
        most = times * FOR * self.one
        amount = f"tokens = {most}" if self.is_tokens else f'usd = "{most / 10**9:.9f}"'
        models = [MODEL.format(name=self.name, number=number) for number in range(self.models)]
        head, tail = PROVIDER.format(name=self.name, port=port), LIMIT
        return head + "".join(models) + tail.format(name=self.name, amount=amount)


def _cases() -> list[Case]:
    three_times = {"input_factor": 3, "output": 3 * MAX_TOKENS}
    return [
        Case("honest", Bill()),
        Case("three_times", Bill(**three_times)),
        Case("three_times_tokens", Bill(**three_times), is_tokens=True),
        Case("five_models", Bill(**three_times), models=5),
        Case("endless", Bill(output=100 * MAX_TOKENS), is_tokens=True),
        Case("prompted", Bill(input_more=5000), is_tokens=True),
        Case("reported", Bill(cost_factor=5)),
        Case("left", Bill(**three_times, seconds=(0.5, 0.6)), leaves_after=0.2),
    ]


async def _spend(arena: Arena, size: int) -> Figures:
    """Send `size` requests at once to each, restart, allow ten more, and send as many again."""
    cases, figures = _cases(), Figures()
    async with AsyncExitStack() as stack:
        ports = [await stack.enter_async_context(open_billing(case.bill)) for case in cases]
        for times, when in enumerate(("first", "restarted"), 1):
            if times > 1:
                await arena.daemon.settled()
                arena.home.stop()
                (arena.home.root / "count.json").unlink(missing_ok=True)  # of that daemon
            written = [case.config(port, times) for case, port in zip(cases, ports, strict=True)]
            arena.home.write_config("".join(written))
            if times > 1:
                arena.daemon = start_watched(arena.home)
            else:
                await _reload(arena)
            for case in cases:
                before = case.spent
                await _burst(arena, size, case)
                spent = (case.spent - before) / case.one
                figures[f"spent_{case.name}_{when}"] = round(spent, 2)
    return figures


async def _burst(arena: Arena, count: int, case: Case) -> None:
    """Send requests at once, each from a client of its own."""

    async def ask(number: int) -> None:
        model = f"{case.name}/m{number % case.models}"
        params = chat(model, TEXT, max_tokens=MAX_TOKENS, stream=case.leaves_after is not None)
        async with await arena.connect() as peer:
            with trio.move_on_after(case.leaves_after or 1000):
                await peer.call(1, "chat", **params)

    async with trio.open_nursery() as nursery:
        for number in range(count):
            nursery.start_soon(ask, number)


async def _reload(arena: Arena) -> None:
    async with await arena.connect() as peer:
        record = await peer.call(1, "config.reload")
        assert record.error is None, record.error


def _bounds(cases: Sequence[Case], bound: float) -> Figures:
    return {f"spent_{case.name}_{when}": bound for case in cases for when in ("first", "restarted")}


ATTACKS = [
    Attack(
        "money-at-once",
        "100 requests at once against a limit for ten, at eight providers that bill differently",
        _spend,
        short=30,
        whole=100,
        at_most={**_bounds(_cases(), 12), "unfinished": 0},
        at_least=_bounds([case for case in _cases() if case.leaves_after is None], 9),
        is_observed=False,
    ),
]
