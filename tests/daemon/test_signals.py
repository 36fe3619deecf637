"""What signals do to a daemon; `tests/e2e/daemon/test_shutdown.py` sends them to a real one."""

import os
import signal
import sys
from types import SimpleNamespace

import pytest
import trio
from structlog.testing import capture_logs

from aircherd import signals
from aircherd.api.services import Shutdown
from aircherd.config.changes import Change, ReloadResult
from aircherd.errors import ConfigInvalid
from aircherd.signals import reload_on_hangup, watch_signals


@pytest.fixture(autouse=True)
def exits(monkeypatch):
    """Collect forced exits instead of exiting."""
    monkeypatch.setattr(sys, "stdin", None)
    codes = []
    monkeypatch.setattr(os, "_exit", codes.append)
    monkeypatch.setattr(signals, "_exit_later", lambda: codes.append("later"))
    return codes


async def send(number):
    os.kill(os.getpid(), number)
    await trio.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_signals_stop_the_daemon_in_three_steps(number, exits):
    """Drain, then cancel and end soon whatever hangs, then end at once."""
    shutdown = Shutdown()
    async with trio.open_nursery() as nursery:
        await nursery.start(watch_signals, shutdown, trio.open_memory_channel(1)[0])
        await send(number)
        assert (shutdown.requested.is_set(), shutdown.forced.is_set()) == (True, False)
        await send(number)
        assert shutdown.forced.is_set()
        with trio.fail_after(20):
            while not exits:  # noqa: ASYNC110 -- a thread appends to it
                await trio.sleep(0.01)
        await send(number)
        assert exits == ["later", 1]
        nursery.cancel_scope.cancel()


async def test_a_signal_during_a_clients_shutdown_is_the_second_one(exits):
    """`daemon stop` and then Ctrl-C: the requests are not waited for any longer."""
    shutdown = Shutdown()
    shutdown.requested.set()
    async with trio.open_nursery() as nursery:
        await nursery.start(watch_signals, shutdown, trio.open_memory_channel(1)[0])
        await send(signal.SIGTERM)
        assert shutdown.forced.is_set()
        nursery.cancel_scope.cancel()


async def test_hangups_before_the_daemon_is_ready_are_one_reload():
    """They are not lost, and do not end the process."""
    send_reload, reloads = trio.open_memory_channel(1)
    async with trio.open_nursery() as nursery:
        await nursery.start(watch_signals, Shutdown(), send_reload)
        for _ in range(3):
            await send(signal.SIGHUP)
        nursery.cancel_scope.cancel()
    assert reloads.statistics().current_buffer_used == 1


async def test_a_hangup_reloads_the_configuration():
    """Each one does; a bad configuration is only reported. The audit log has both."""
    outcomes, noted = [], []

    async def reload():
        outcomes.append(1)
        if len(outcomes) == 1:
            raise ConfigInvalid("line 3 is wrong", problems=())
        return ReloadResult(True, (Change("usage.keep_days", 40, 50),))

    send_reload, reloads = trio.open_memory_channel(1)
    with capture_logs() as logs:
        async with trio.open_nursery() as nursery:
            await nursery.start(watch_signals, Shutdown(), send_reload)
            services = SimpleNamespace(
                reload=reload,
                audit=SimpleNamespace(note=lambda *_, **facts: noted.append(facts)),
            )
            nursery.start_soon(reload_on_hangup, services, reloads)
            await send(signal.SIGHUP)
            await send(signal.SIGHUP)
            nursery.cancel_scope.cancel()
    assert len(outcomes) == 2
    assert noted == [
        {"by": "signal", "outcome": "config_invalid"},
        {"by": "signal", "outcome": "ok", "entries": ["usage.keep_days"]},
    ]
    assert [(entry["event"], entry.get("reason")) for entry in logs] == [
        ("reloading", None),
        ("reload_failed", "line 3 is wrong"),
        ("reloading", None),
    ]


async def test_a_closed_terminal_stops_the_daemon(monkeypatch):
    """In a terminal SIGHUP means that it was closed."""
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    shutdown = Shutdown()
    async with trio.open_nursery() as nursery:
        await nursery.start(watch_signals, shutdown, trio.open_memory_channel(1)[0])
        await send(signal.SIGHUP)
        assert shutdown.requested.is_set()
        nursery.cancel_scope.cancel()
