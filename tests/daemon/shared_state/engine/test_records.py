"""Cooldowns and machines as the engine keeps them."""

import pytest

from aircherd.shared_state.base import Bucket, Change, Cooldowns, SharedCooldown
from aircherd.shared_state.engine.records import (
    KnownMachine,
    pack_content,
    read_machines,
    read_row,
    unpack_change,
    unpack_cooldowns,
)
from helpers.engines.using import HOUR

CONTENT = {"class": "rate_limit", "words": "a b\r\n\0"}
COOLDOWN = SharedCooldown(scope="key", left=4.0, age=1.5, content=CONTENT)


def test_cooldowns_are_read():
    """Content may have any bytes."""
    packed = pack_content(COOLDOWN)
    answer = [b"epoch", b"7", b"1", b"key", b"4.000000", b"1.500000", packed]
    assert unpack_cooldowns(answer) == Cooldowns(
        version="epoch:7", is_whole=True, cooldowns=[COOLDOWN]
    )


def test_a_change_is_read():
    """The id of the machine may have spaces, so its length is written first."""
    packed = b"key 4.000000 1.500000 3 a b" + pack_content(COOLDOWN)
    assert unpack_change(packed) == Change("a b", COOLDOWN)


@pytest.mark.parametrize(
    "payload", [b"", b"nonsense", b"a b c d e", b"key 1 1 1 m\xc1", b"key 1 1 1 \xff\x80"]
)
def test_what_is_no_change_is_an_error(payload):
    """Others may publish in the channel: each mistake is a ValueError."""
    with pytest.raises(ValueError, match=r"."):
        unpack_change(payload)


def test_machines_are_listed_by_label():
    """A label may have spaces."""
    found = {"id1": b"4 100.500000 10.0 2 digest the laptop", "id2": b"9 99.000000 10.0 2  ci"}
    assert read_machines(found) == [
        KnownMachine("id2", "ci", 99.0, 10.0),
        KnownMachine("id1", "the laptop", 100.5, 10.0),
    ]


def test_a_row_has_what_counts_now():
    """Buckets that left the window do not count, nor what is held in a window that is over."""
    today = Bucket(label="today", start=0.0, end=200_000.0)
    hours = {
        "u:a:9999": b"5",
        "u:a:1": b"4",
        "u:a:today": b"2",
        "u:ab:9999": b"3",
        "h:a": b"7 99900 1 ",
    }
    days = {"u:a:today": b"8", "u:a:yesterday": b"2", "h:a": b"6 99900 1 yesterday"}
    row = read_row(
        KnownMachine("a", "laptop", 99_995.0, 10.0),
        [("x", HOUR, hours), ("y", today, days)],
        {"2026-11-30": b"1 2 3"},
        100_000.0,
    )
    assert (row.used, row.held, row.is_live) == ({"x": 5, "y": 8}, {"x": 7}, True)
