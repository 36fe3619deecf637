"""Measures the ledger with a million attempts.

    .venv/bin/python tests/bench/ledger.py [ATTEMPTS]

Prints how fast batches are written (settled attempts are synced to the disk), how long the next
start, reports and the rows for limits take, what `begin` and `settle` cost the event loop, and the
CPU time of the ledger's thread. The attempts are those of a busy quarter: 90 days, four providers
with two models each, five clients, and three of twenty projects a day.
"""

import random
import sys
import tempfile
import time
from datetime import UTC
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import trio  # noqa: E402 - the path comes first

from aircherd.usage.ledger.database import LedgerDatabase  # noqa: E402 - likewise
from aircherd.usage.ledger.ledger import Ledger, open_ledger  # noqa: E402 - likewise
from aircherd.usage.ledger.rows import LedgerEntry  # noqa: E402 - likewise
from aircherd.vocabulary.reply import Usage  # noqa: E402 - likewise
from aircherd.vocabulary.usage import Settled, Started  # noqa: E402 - likewise
from helpers.ledger.attempts import DAY, NOW, settled, started  # noqa: E402 - likewise

DAYS = 90
BATCH = 1000
CALLS = 20_000
PROVIDERS = ("anthropic", "openai", "gemini", "openrouter")
CLIENTS = ("aircher-cli", "nvim", "vscode", "emacs", "script")
OUTCOMES = ["ok"] * 18 + ["rate_limited", "overloaded"]


def show(what: str, figure: object) -> None:
    print(f"{what:58} {figure}", flush=True)


def attempt(at: float, projects: list[str]) -> tuple[Started, Settled]:
    """Return a random attempt."""
    provider, size = random.choice(PROVIDERS), random.choice(("large", "small"))  # noqa: S311 - no secret
    begun = started(
        at,
        provider=provider,
        model=f"{provider}-{size}",
        client=random.choice(CLIENTS),  # noqa: S311 - likewise
        project=random.choice(projects),  # noqa: S311 - likewise
    )
    input_tokens, output_tokens = random.randrange(20_000), random.randrange(2_000)  # noqa: S311 - likewise
    cost = input_tokens * 3_000 + output_tokens * 15_000
    usage = Usage(input_tokens, output_tokens, input_tokens // 2, 0, output_tokens // 4)
    return begun, settled(random.choice(OUTCOMES), usage=usage, cost_nano=cost)  # noqa: S311 - likewise


def fill(path: Path, attempts: int) -> float:
    """Write `attempts`; return the number per second."""
    file, spent = LedgerDatabase(path, clock=lambda: NOW, tz=UTC), 0.0
    for first in range(0, attempts, BATCH):
        day = first * DAYS // attempts
        random.seed(day)
        projects = [f"/home/me/src/{random.randrange(20)}" for _ in range(3)]  # noqa: S311 - likewise
        random.seed(first)
        batch = [
            LedgerEntry(number + 1, *attempt(NOW - DAYS * DAY * (1 - number / attempts), projects))
            for number in range(first, min(first + BATCH, attempts))
        ]
        before = time.perf_counter()
        file.write(batch, first_id=1)
        spent += time.perf_counter() - before
    file.close()
    return attempts / spent


async def time_calls(ledger: Ledger) -> tuple[float, float, float]:
    """Return the times of begin + settle in microseconds: median, 99th percentile, and the thread.

    The last one is the CPU time of the ledger's thread per attempt.
    """
    await ledger.flush()
    cpu = time.process_time() - time.thread_time()
    taken = []
    for number in range(CALLS):
        begun, end = attempt(NOW, ["/home/me/src/1"])
        before = time.perf_counter_ns()
        ledger.settle(ledger.begin(begun), end)
        taken.append((time.perf_counter_ns() - before) / 1000)
        if number % 20 == 19:
            await trio.sleep(0.001)
    await ledger.flush()
    cpu = time.process_time() - time.thread_time() - cpu
    taken.sort()
    return median(taken), taken[len(taken) * 99 // 100], 1e6 * cpu / CALLS


async def time_reads(ledger: Ledger) -> None:
    """Time reports and the rows for limits."""
    reports = {
        "report of everything by model": (None, None, ["model"]),
        "report of everything by day, provider and model": (
            None,
            None,
            ["day", "provider", "model"],
        ),
        "report of everything by day, client and project": (
            None,
            None,
            ["day", "client", "project"],
        ),
        "report of the last 30 days and a bit by client": (NOW - 30.3 * DAY, None, ["client"]),
        "report of the last 24 hours by outcome": (NOW - DAY - 100, NOW - 100, ["outcome"]),
    }
    for name, (since, until, by) in reports.items():
        show(
            name,
            f"{1000 * await timed(lambda s=since, u=until, b=by: ledger.report(s, u, b)):.0f} ms",
        )
    for days in (1, 30):
        rows = len(await ledger.rows_since(NOW - days * DAY))
        seconds = await timed(lambda d=days: ledger.rows_since(NOW - d * DAY))
        show(f"rows for limits since {days} days ago", f"{1000 * seconds:.0f} ms, {rows} rows")


async def time_reads_while_busy(ledger: Ledger) -> None:
    """Time the longest reads while the event loop is busy in steps of a millisecond."""
    before = time.perf_counter()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(compute)
        await ledger.report(None, None, ["day", "provider", "model"])
        await ledger.rows_since(NOW - 30 * DAY)
        nursery.cancel_scope.cancel()
    took = time.perf_counter() - before
    show("the longest report and rows, while the loop is busy", f"{1000 * took:.0f} ms")


async def compute() -> None:
    """Keep the event loop busy."""
    while True:
        until = time.perf_counter() + 0.001
        while time.perf_counter() < until:
            pass
        await trio.lowlevel.checkpoint()


async def timed(work: object) -> float:
    """Return the minimum of five runs in seconds."""
    best = 60.0
    for _ in range(5):
        before = time.perf_counter()
        await work()
        best = min(best, time.perf_counter() - before)
    return best


async def measure(path: Path) -> None:
    """Time a start and the operations after it."""
    before = time.perf_counter()
    async with open_ledger(path, clock=lambda: NOW, tz=UTC) as ledger:
        await ledger.flush()
        show(
            "start, without the check soon after it",
            f"{1000 * (time.perf_counter() - before):.0f} ms",
        )
        await time_reads(ledger)
        await time_reads_while_busy(ledger)
        middle, late, thread = await time_calls(ledger)
        show("begin + settle, median and 99th percentile", f"{middle:.1f} us, {late:.1f} us")
        show("CPU of the ledger's thread for each attempt", f"{thread:.1f} us")


def main(attempts: int) -> None:
    """Run everything."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "ledger.db")
        show("attempts", attempts)
        show("written per second, in batches of 1000", round(fill(path, attempts)))
        show("size", f"{path.stat().st_size / 1e6:.0f} MB")
        trio.run(measure, path)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 1_000_000)
