"""The size of a value in memory, which its size on the wire does not tell."""

import tracemalloc
from collections.abc import Callable

import msgspec
import pytest

from aircherd.memory.sizes import size_of
from aircherd.vocabulary.chat import ChatRequest, Message


def measured(make: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        kept = make()
        assert kept is not None
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "make",
    [
        lambda: "x" * 100_000,
        lambda: "x" * 99_999 + "\U0001f600",
        lambda: [[] for _ in range(10_000)],
        lambda: [{} for _ in range(10_000)],
        lambda: {f"key {number}": number * 1000 for number in range(10_000)},
        lambda: ChatRequest(messages=[Message("user", f"text {n}") for n in range(5000)]),
        lambda: msgspec.msgpack.decode(b"\x93\xc4\x05bytes\xcb" + bytes(8) + b"\xc3"),
    ],
    ids=["ASCII", "wide", "lists", "maps", "map", "request", "scalars"],
)
def test_it_is_what_python_allocates(make: Callable[[], object]) -> None:
    """At least that, and not much more."""
    real, found = measured(make), size_of(make())
    assert real <= found * 1.2 + 200
    assert found <= real * 1.5 + 500
