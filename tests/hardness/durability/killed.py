"""`kill -9` at random moments under load: the ledger lacks 0.1 s of answered requests at most."""

import random
import time

import trio

from hardness.arena import Arena
from hardness.attack import Attack, Figures
from hardness.attackers import chat
from helpers.daemon.load import Peer, start_watched

IN_FLIGHT = 64
PER_NAME = 3
"""Requests of a client, which then has another name: each new name costs the ledger more."""
LONGEST = 0.8
"""Seconds until the kill."""
WINDOW = 0.1
LIMIT = """
[[limits]]
requests = 100000000
per = "month"
"""


class Round:
    """The requests of one daemon's life, and when each client was answered."""

    def __init__(self, arena: Arena, number: int) -> None:
        self._arena = arena
        self._number = number
        self.answered: dict[str, list[float]] = {}

    async def run(self, seconds: float) -> float:
        """Send requests until the daemon is killed after `seconds`; return when that was."""
        process = self._arena.daemon.process
        async with trio.open_nursery() as nursery:
            for number in range(IN_FLIGHT):
                nursery.start_soon(self._client, number)
            await trio.sleep(seconds)
            killed_at = time.monotonic()
            process.kill()
        process.wait()
        return killed_at

    async def _client(self, number: int) -> None:
        for life in range(1_000_000):
            name = f"client-{self._number}-{number}-{life}"
            times = self.answered.setdefault(name, [])
            try:
                async with await self._arena.connect() as peer:
                    await peer.call(0, "hello", client={"name": name})
                    for call in range(1, PER_NAME + 1):
                        record = await peer.call(call, "chat", **chat("quick/m"))
                        assert record.error is None, record.error
                        times.append(time.monotonic())
            except (OSError, trio.BrokenResourceError, EOFError):
                return
            except AssertionError as error:
                if "closed the connection" in str(error):
                    return  # killed
                raise

    def missing(self, kept: dict[str, int]) -> list[float]:
        """Return when the clients read the answers that are not in the ledger.

        A client waits for each answer, so it lacks its latest.
        """
        return [at for name, times in self.answered.items() for at in times[kept.get(name, 0) :]]


async def _kill(arena: Arena, size: int) -> Figures:
    """Kill `size` daemons, and compare each ledger with what the clients read."""
    points = random.Random(size)  # noqa: S311 - the same moments in every run
    found = {"answered": 0.0, "lost": 0.0, "too_old": 0.0, "oldest_ms": 0.0, "undercounted": 0.0}
    for number in range(size):
        since, this = time.time() - 1, Round(arena, number)
        killed_at = await this.run(points.uniform(0.1, LONGEST))
        (arena.home.root / "count.json").unlink(missing_ok=True)  # of that daemon
        arena.daemon = await trio.to_thread.run_sync(start_watched, arena.home)
        async with await arena.connect() as peer:
            kept, used = await _kept(peer, since)
        missing = this.missing(kept)
        ages = [killed_at - at for at in missing]
        found["answered"] += sum(map(len, this.answered.values()))
        found["lost"] += len(missing)
        found["too_old"] += sum(age > WINDOW for age in ages)
        found["oldest_ms"] = max([found["oldest_ms"], *(age * 1000 for age in ages)])
        found["undercounted"] = max(found["undercounted"], found["answered"] - used)
    return {name: round(value, 1) for name, value in found.items()}


async def _kept(peer: Peer, since: float) -> tuple[dict[str, int], int]:
    """Return what the ledger has by client, and what the limit has counted."""
    report = await peer.call(1, "usage.report", since=since, by=["client", "outcome"])
    assert report.error is None, report.error
    rows = [row for row in report.result["rows"] if row["outcome"] == "ok"]
    limits = await peer.call(2, "limits.status")
    return {row["client"]: row["requests"] for row in rows}, limits.result["limits"][0]["used"]


ATTACKS = [
    Attack(
        "killed-under-load",
        "kill -9 at random moments, 64 requests in flight, a new client name every 3 requests",
        _kill,
        short=3,
        whole=200,
        config=LIMIT,
        at_most={"oldest_ms": 100, "undercounted": 0, "unfinished": 0},
        at_least={"answered": 100},
        is_observed=False,
        longest=900.0,
    ),
]
