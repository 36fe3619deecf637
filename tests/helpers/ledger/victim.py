"""Writes a ledger and is killed, many times: `victim.py PATH ROUNDS SEED`.

Each child, forked so that it starts in milliseconds, settles attempts in a loop. Each attempt has a
unique number in `ms`. After a `flush`, the child reports the numbers that are on the disk. The
parent kills it at a random moment, and prints all reported numbers as JSON at the end.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import trio

from helpers.ledger.attempts import open_at_noon, settled, started

MAX_SECONDS = 0.06
"""Until the kill; opening the file takes part of it."""
NUMBERS_PER_ROUND = 1_000_000


async def write(path, pipe, number):
    """Settle attempts forever: some in the batch they begin in, some later, some never."""
    async with open_at_noon(path) as ledger:
        os.write(pipe, b"\n")
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
                os.write(pipe, "".join(f"{unique}\n" for unique in batch).encode())


def round_of(path, number):
    """Start one child and kill it; return the numbers that it reported."""
    read, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        trio.run(write, path, write_end, number * NUMBERS_PER_ROUND)
    os.close(write_end)
    if number % 2:  # the others may be killed while they open the file
        os.read(read, 1)
    time.sleep(random.uniform(0, MAX_SECONDS))  # noqa: S311 - likewise
    os.kill(child, signal.SIGKILL)
    with os.fdopen(read) as pipe:
        lines = pipe.read().splitlines()
    os.waitpid(child, 0)
    return [int(line) for line in lines if line]


if __name__ == "__main__":
    target, rounds, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    random.seed(seed)
    numbers = []
    for one in range(rounds):
        random.seed(seed + one)
        numbers += round_of(target, one)
    sys.stdout.write(json.dumps(numbers))
