"""Every attack in its short form: the bounds hold, those on times with much slack."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from hardness.arena import carry_out
from hardness.attack import Attack, judge
from hardness.collection import all_attacks
from helpers.daemon.real_daemon import wait_until

SLACK = 20
"""For a busy machine with two cores: 1 s instead of 50 ms still tells a daemon that freezes."""
SHORT = [attack for attack in all_attacks().values() if attack.short]


async def _do_nothing(_arena: object, _size: int) -> None:
    pass


@pytest.mark.parametrize("attack", SHORT, ids=lambda attack: attack.name)
async def test_the_bounds_hold(attack):
    """A short form must not take long: all of them together have a minute."""
    rows = judge(attack, await carry_out(attack, attack.short), slack=SLACK)
    assert not [row for row in rows if not row.held], "\n".join(map(str, rows))


def test_a_bound_that_does_not_hold_is_reported():
    """Also one on a figure that was not measured."""
    bounds = {"lost": 0, "ping_p99_ms": 50, "not_measured": 1}
    attack = Attack("x", "x", _do_nothing, 1, 1, at_most=bounds, at_least={"kept": 2})
    figures = {"lost": 1, "ping_p99_ms": 99, "kept": 1, "seen": 7}

    def broken(slack: float) -> list[str]:
        return [row.figure for row in judge(attack, figures, slack=slack) if not row.held]

    assert broken(1) == ["lost", "ping_p99_ms", "not_measured", "kept"]
    assert broken(20) == ["lost", "not_measured", "kept"]


PARENT = """
import time
from hardness.arena import start_process

with start_process("hardness.upstream") as process:
    process.stdout.readline()
    print(process.pid, flush=True)
    time.sleep(60)
"""


def test_a_child_ends_with_its_parent():
    """Also if that is killed: it would go on without end."""
    tests = Path(__file__).parents[1]
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, cwd=tests, stdout=subprocess.PIPE, text=True) as parent:
        child = Path("/proc", parent.stdout.readline().strip(), "status")
        assert "zombie" not in child.read_text()
        parent.kill()

    def has_ended() -> bool:
        return not child.exists() or "zombie" in child.read_text()

    wait_until(has_ended, "the child has ended")


def test_the_promises_name_attacks_that_exist():
    """In the table of docs/security.md, whose second column has their names."""
    page = (Path(__file__).parents[2] / "docs" / "security.md").read_text()
    table = page.split("| promise | attack |")[1].split("\n\n")[0].splitlines()[2:]
    named = [name for row in table for name in re.findall("`([a-z0-9-]+)`", row.split(" | ")[1])]
    assert named
    assert not set(named) - all_attacks().keys()
