"""Writes a ledger and is killed, many times: `ledger_victim.py PATH TIMES SEED`.

Each child, forked so that it starts in milliseconds, settles attempts in a loop, each with a number
of its own in `ms`, and tells the numbers once `flush` has said that they are on disk. The parent
kills it at a random moment. In the end it prints all numbers that it was told, as JSON.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import trio

from helpers.ledger import open_at_noon, settled, started

LONGEST = 0.06
"""Seconds until the kill, at most: opening takes some of them."""
A_ROUND = 1_000_000


async def write(path, told, number):
    """Settle attempts for ever: some begun and settled at once, some later, some never."""
    async with open_at_noon(path) as ledger:
        while True:
            batch = list(range(number, number + random.randrange(1, 20)))  # noqa: S311 - not a secret
            number = batch[-1] + 1
            ids = [ledger.begin(started()) for _ in batch]
            ledger.begin(started())
            if random.random() < 0.5:  # noqa: S311 - likewise
                await ledger.flush()
            for row, unique in zip(ids, batch, strict=True):
                ledger.settle(row, settled(ms=unique))
            if await ledger.flush():
                os.write(told, "".join(f"{unique}\n" for unique in batch).encode())


def round_of(path, number):
    """Start one child and kill it; return what it told."""
    read, told = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        trio.run(write, path, told, number * A_ROUND)
    os.close(told)
    time.sleep(random.uniform(0, LONGEST))  # noqa: S311 - likewise
    os.kill(child, signal.SIGKILL)
    with os.fdopen(read) as pipe:
        lines = pipe.read().splitlines()
    os.waitpid(child, 0)
    return [int(line) for line in lines]


if __name__ == "__main__":
    place, times, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    random.seed(seed)
    numbers = []
    for one in range(times):
        random.seed(seed + one)
        numbers += round_of(place, one)
    sys.stdout.write(json.dumps(numbers))
