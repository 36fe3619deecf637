"""The facts on the status screen. With the other parts of it: `test_screen`."""

import pytest

from aircher_cli.render.status import detail
from aircher_cli.render.status.facts import activity, default_lines, facts, problem_lines
from aircher_cli.values import Map

MIB = 1024 * 1024
RECORD: Map = {
    "socket": "/run/aircher.sock",
    "data": "/data",
    "log": "/x.log",
    "config": {"file": "/c.toml", "ok": True},
    "swap": {"state": "no swap"},
    "key_file": {},
}


def names(record: Map, step: int) -> list[str]:
    return [name.strip() for name, _ in facts(record, "/home/a", step=step)]


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({"keyring": {"state": "usable"}}, []),
        ({"keyring": {"state": "unavailable", "reason": "no bus"}}, []),
        ({"keyring": {"state": "locked"}}, ["keyring"]),
        ({"keyring": {"state": "unreachable"}}, ["keyring"]),
        ({"key_file": {"problem": "age is missing"}}, ["key file"]),
    ],
)
def test_few_facts_are_problems_and_two_files(changes: Map, kept: list[str]) -> None:
    """The log is where one looks next; a store for keys that cannot be used is no mere fact."""
    record = {**RECORD, **changes}
    assert names(record, detail.FEW_FACTS) == [*kept, "config", "log"]
    assert {*names(record, detail.ALL)} >= {*kept, "config", "log", "swap", "socket", "data"}


@pytest.mark.parametrize(
    ("memory", "is_shown"),
    [
        ({"total": 256 * MIB, "used": 0}, False),
        ({"total": 256 * MIB, "used": 128 * MIB}, True),
        ({"total": 256 * MIB, "used": 0, "refused": 1}, True),
    ],
)
def test_memory_matters_once_it_is_short(memory: Map, *, is_shown: bool) -> None:
    """Else it goes with the facts."""
    record = {**RECORD, "memory": memory}
    rows = [name.strip() for name, _ in activity(record, step=detail.FEW_FACTS)]
    assert ("memory" in rows) is is_shown
    assert "memory" in [name.strip() for name, _ in activity(record, step=detail.ALL)]


def test_what_does_not_work_is_seen() -> None:
    """By a sign and a colour, also on the lines that go on."""
    record = {**RECORD, "audit": {"reason": "the disk is full: no space is left on the device"}}
    first, *rest = problem_lines(record, 40, 0.0)
    assert [text.strip() for text, _ in first] == ["audit", "⚠ the disk is full: no space"]
    assert {style for line in (first, *rest) for text, style in line[1:]} == {"warn"}
    assert rest
    assert problem_lines(RECORD, 40, 0.0) == []


def test_while_all_keys_are_locked_the_default_waits() -> None:
    """What to do is at the top of the screen, so it is not said again."""
    record: Map = {"lock": {"reason": "all keys are locked"}, "default": {"model": "main"}}
    [line] = default_lines(record, 80, {})
    assert "".join(text for text, _ in line) == "default   main: waits for the keys"
