"""Keys are kept from being swapped out, as far as the system allows; the report tells how far."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from aircherd import swap_lock
from aircherd.swap_lock import SwapLock

PAGE = resource.getpagesize()

SCRIPT = """
import json, os, resource, sys
from pathlib import Path
from aircherd import swap_lock
limit, is_root = int(sys.argv[1]), os.geteuid() == 0
resource.setrlimit(resource.RLIMIT_MEMLOCK, (limit, limit))
if is_root:
    os.setuid(65534)  # root may lock any amount
swap_lock._SWAPS = Path(os.devnull) / "none"
lock = swap_lock.SwapLock()
values = ["canary-%d" % number * 1000 for number in range(20)]
lock.keep(*values)
locked = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmLck")]
report = lock.report()
print(json.dumps([report.state, report.locked_bytes, report.reason, int(locked[0]) * 1024]))
"""


def with_limit(limit: int) -> list[object]:
    """Return the state, bytes and reason in a process of a user, and the bytes by the kernel."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(limit)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "HOME": "/"},
    )
    return json.loads(done.stdout)


def test_within_the_limit_everything_is_locked():
    """The kernel counts as many bytes as the report."""
    state, size, reason, by_kernel = with_limit(8 << 20)
    assert (state, reason) == ("locked", None)
    assert size == by_kernel > 20 * 8000


def test_beyond_the_limit_the_report_says_why():
    """What fits stays locked."""
    state, size, reason, by_kernel = with_limit(16 * PAGE)
    assert (state, reason) == ("partly locked", "Cannot allocate memory")
    assert size == by_kernel <= 16 * PAGE
    assert with_limit(0)[:2] == ["not locked", 0]


def test_a_page_is_locked_once(monkeypatch):
    """Keys are small, so several are on one page."""
    lock = SwapLock()
    locked: list[int] = []
    monkeypatch.setattr(lock, "_lock", lambda page: (locked.append(page), lock._pages.add(page)))
    value = b"x" * (3 * PAGE)
    lock.keep(value)
    lock.keep(value, value)
    assert len(locked) in (4, 5)
    assert locked == sorted(set(locked))


@pytest.mark.parametrize(
    ("content", "has_swap"),
    [("Filename Type\n", False), ("Filename Type\n/swap file\n", True), (None, True)],
)
def test_a_machine_without_swap_is_reported(tmp_path, monkeypatch, content, has_swap):
    """If the system does not say, there may be one."""
    path: Path = tmp_path / "swaps"
    if content is not None:
        path.write_text(content)
    monkeypatch.setattr(swap_lock, "_SWAPS", path)
    assert SwapLock().report().state == ("locked" if has_swap else "no swap")


def test_repr_shows_counts_only():
    """No address and no key."""
    lock = SwapLock()
    lock.keep("canary-0123456789")
    assert "canary" not in repr(lock)
