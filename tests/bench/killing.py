"""Kills the daemon at random points while it serves; the ledger has to stay correct.

    .venv/bin/python tests/bench/killing.py [TIMES] [SEED]

200 times take about four minutes. Fails at the first attempt that is counted twice, or that was
committed and is lost; `tests/e2e/daemon/test_ledger.py` does the same a few times.
"""

import random
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from helpers.daemon.real_daemon import home, simulator  # noqa: E402 - likewise
from helpers.ledger.attempts import query, sums  # noqa: E402 - likewise
from helpers.ledger.killing import CONFIG, Killer  # noqa: E402 - the path comes first


def main(times: int, seed: int) -> None:
    """Kill the daemon as many times, then check the ledger."""
    with simulator() as sim, home() as place:
        place.write_config(CONFIG.format(url=sim.url))
        killer = Killer(place, sim, random.Random(seed))  # noqa: S311 - not a secret
        for number in range(times):
            killer.round()
            if number % 20 == 19:
                print(f"{number + 1:4} kills, {killer.committed} attempts committed", flush=True)
        found = killer.check()
        file = place.data / "ledger.db"
        for table in ("hours", "days"):
            said, true = sums(file, table)
            assert said == true, f"{table} do not agree with the attempts"
        outcomes = query(file, "SELECT outcome, count(*) FROM attempts GROUP BY 1 ORDER BY 1")
        print(f"{found} attempts, none twice, none lost: {dict(outcomes)}")


if __name__ == "__main__":
    arguments = [int(word) for word in sys.argv[1:]]
    main(*(arguments + [200, 5][len(arguments) :]))
