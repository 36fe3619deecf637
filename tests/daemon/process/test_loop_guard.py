"""The process ends if trio loses a task of its own, and only then."""

import subprocess
import sys

import pytest
import trio

from aircherd.process import loop_guard
from aircherd.process.loop_guard import EXIT_BROKEN, guarded

BROKEN = """
import functools, os, time, trio
from aircherd.process.loop_guard import guarded

def fail():
    raise OSError(12, "Cannot allocate memory")

async def serve():
    trio.lowlevel.current_trio_token().run_sync_soon(fail)
    await trio.to_thread.run_sync(time.sleep, 60)  # cannot be cancelled

trio.run(guarded, serve)
"""


def test_a_failure_of_trio_ends_the_process_at_once():
    """Even though a thread is waited for; the log says why."""
    done = subprocess.run(
        [sys.executable, "-c", BROKEN], capture_output=True, text=True, timeout=50, check=False
    )
    assert done.returncode == EXIT_BROKEN
    assert "event_loop_broken" in done.stdout
    assert "Cannot allocate memory" in done.stdout


async def test_a_program_may_end_or_fail_or_be_cancelled_by_its_own_scopes():
    """The process goes on."""

    async def end():
        with trio.CancelScope() as scope:
            scope.cancel()
            await trio.sleep_forever()

    async def fail():
        raise ValueError("wrong")

    await guarded(end)
    with pytest.RaisesGroup(ValueError):
        await guarded(fail)


async def test_a_thread_whose_wakeup_was_refused_is_heard_a_little_later(monkeypatch):
    """Without memory, the byte that wakes trio's task cannot be sent."""
    monkeypatch.setattr(loop_guard, "WAKE_SECONDS", 0.05)
    token = trio.lowlevel.current_trio_token()
    wakeup = token._reentry_queue.wakeup
    refused, heard = [], trio.Event()

    def refuse():
        refused.append(1)
        raise OSError(105, "No buffer space available")

    async def serve():
        with monkeypatch.context() as patch:
            patch.setattr(type(wakeup), "wakeup_thread_and_signal_safe", lambda self: refuse())
            with pytest.raises(OSError, match="buffer"):
                token.run_sync_soon(heard.set)
        with trio.fail_after(20):
            await heard.wait()

    await guarded(serve)
    assert refused
