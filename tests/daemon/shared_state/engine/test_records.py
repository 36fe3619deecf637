"""Cooldowns and machines as the engine keeps them."""

import pytest

from aircherd.shared_state.base import Change, Cooldowns, DayUse, SharedCooldown
from aircherd.shared_state.engine.records import (
    Amounts,
    KnownMachine,
    make_row,
    pack_content,
    read_machines,
    unpack_amounts,
    unpack_change,
    unpack_cooldowns,
)

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


def test_amounts_are_by_machine():
    """Two words for each."""
    answer = [b"5", b"7", b"0", b"9007199254740991"]
    assert unpack_amounts(answer, ["a b", "c"]) == {
        "a b": Amounts(5, 7),
        "c": Amounts(0, 2**53 - 1),
    }


@pytest.mark.parametrize("answer", [None, {}, [b"1"], [b"nan", b"1"], [1, 2], [b"1"] * 4])
def test_what_are_no_amounts_is_an_error(answer):
    """Each mistake is a ValueError."""
    with pytest.raises(ValueError, match=r"."):
        unpack_amounts(answer, ["a"])


def test_a_row_has_only_what_is_not_zero():
    """And the counters in which the machine is."""
    counters = {"x": {"a": Amounts(5, 0), "b": Amounts(1, 1)}, "y": {"a": Amounts(0, 7)}, "z": {}}
    row = make_row(
        KnownMachine("a", "laptop", 99_995.0, 10.0), counters, {"2026-11-30": b"1 2 3"}, 100_000.0
    )
    assert (row.used, row.held, row.is_live) == ({"x": 5}, {"y": 7}, True)
    assert row.days == {"2026-11-30": DayUse(1, 2, 3)}


@pytest.mark.parametrize(
    "words",
    [
        [b"key", b"nan", b"1", b"\x80"],
        [b"key", b"1", b"inf", b"\x80"],
        [b"k" * 1000, b"1", b"1", b"\x80"],
        [b"key", b"1", b"1", b"\x81\xa1a" + b"\x91" * 3000 + b"\x01"],
        [b"key", b"1", b"1", b"\x81\xa1a\xc5\x27\x10" + b"A" * 10_000],
        [b"key", b"1", b"1", b"\x80"] * 30_000,
    ],
    ids=["left", "age", "scope", "depth", "length", "number"],
)
def test_cooldowns_have_bounds(words):
    """Who can write to the engine can write anything."""
    with pytest.raises(ValueError):  # noqa: PT011 - of several kinds
        unpack_cooldowns([b"epoch", b"7", b"1", *words])


def test_a_label_can_be_shown():
    """It is the word of another machine, and goes to terminals."""
    [machine] = read_machines({"m": b"1 2 10 1 digest \x1b[2J" + b"L" * 1000})
    assert machine.label.isprintable()
    assert len(machine.label) == 64


def test_too_many_machines_are_refused():
    """A report of a million would hold up the daemon."""
    with pytest.raises(ValueError, match="too many"):
        read_machines({str(number): b"" for number in range(20_000)})
