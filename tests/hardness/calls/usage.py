"""Reports over a ledger with very many names of clients."""

import time
from collections.abc import Callable
from datetime import UTC

from aircherd.usage.ledger.database import LedgerDatabase
from aircherd.usage.ledger.rows import LedgerEntry
from hardness.attack import Attack
from hardness.attackers import in_one_write
from helpers.daemon.real_daemon import Home
from helpers.ledger.attempts import settled, started

AT_MOST = {
    "ping_p99_ms": 50,
    "loop_cpu_max": 150,
    "memory_mb": 384,
    "unfinished": 0,
    "tasks_left": 8,
}


def _ledger(clients: int) -> Callable[[Home], None]:
    """Write a ledger with one attempt of each of `clients`."""

    def prepare(home: Home) -> None:
        home.data.mkdir(mode=0o700, parents=True)
        file = LedgerDatabase(home.data / "ledger.db", clock=time.time, tz=UTC)
        numbers = range(1, clients + 1)
        now = time.time()
        entries = [LedgerEntry(n, started(now, client=f"client-{n}"), settled()) for n in numbers]
        file.write(entries, first_id=1)
        file.close()

    return prepare


ATTACKS = [
    Attack(
        "usage-report",
        "1,500 reports over 20,000 names of clients in one write",
        in_one_write("usage.report", lambda _: {"by": ["client"]}),
        short=5,
        whole=1500,
        at_most=AT_MOST,
        prepare=_ledger(20_000),
    ),
    Attack(
        "usage-report-periods",
        "reports over 20,000 names of clients, each of another period",
        in_one_write("usage.report", lambda n: {"by": ["client"], "since": float(n)}),
        short=0,
        whole=300,
        at_most=AT_MOST,
        prepare=_ledger(20_000),
    ),
    Attack(
        "attempts-list",
        "2,500 lists of 1,000 attempts, each of another period, in one write",
        in_one_write("attempts.list", lambda n: {"limit": 1000, "since": float(n)}),
        short=0,
        whole=2500,
        at_most=AT_MOST,
        prepare=_ledger(20_000),
    ),
]
