"""Looks for objects of a daemon in this process that refer to a key."""

import gc
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from aircherd.auth.stores.base import KeyId, ReadResult
from aircherd.testing.keyring import MemoryStore
from aircherd.vocabulary.secret import Secret

HEAD, TAIL = "canary-lock-01234567", "89abcdef-fedcba98"
"""A key in two parts, since a test that looks for a key must not hold it itself."""


def holders() -> list[object]:
    """Return the objects that refer to the key, as text or bytes."""
    gc.collect()
    found = []
    for each in gc.get_objects():
        for text in gc.get_referents(each):
            if isinstance(text, str):
                is_key = HEAD in text and TAIL in text
            else:
                is_key = isinstance(text, bytes | bytearray) and _is_in(bytes(text))
            if is_key:
                found.append(each)
    return found


def _is_in(data: bytes) -> bool:
    return HEAD.encode() in data and TAIL.encode() in data


@contextmanager
def separate_simulator() -> Iterator[str]:
    """Run the simulator in a process of its own: it holds the keys that it accepts."""
    program = [sys.executable, "-m", "aircherd.testing.simulator", "--accept-key"]
    with subprocess.Popen(
        [*program, f"openai={HEAD}{TAIL}"], stdout=subprocess.PIPE, text=True
    ) as process:
        process.args = program  # without the key
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


class ReversingStore(MemoryStore):
    """A keyring that has keys in a form in which the test does not find them."""

    async def write(self, entry: KeyId, secret: Secret) -> None:
        await super().write(entry, Secret(secret.reveal()[::-1]))

    async def read_all(self, entries: Sequence[KeyId]) -> dict[KeyId, ReadResult]:
        found = await super().read_all(entries)
        return {
            entry: Secret(each.reveal()[::-1]) if isinstance(each, Secret) else each
            for entry, each in found.items()
        }
