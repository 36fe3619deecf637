"""What a service manager passed to the process, taken together."""

import socket
import subprocess
import sys

import pytest
import trio

from aircher_wire.address import AddressError
from aircherd.systemd.activation import PassedSocket
from aircherd.systemd.manager import ServiceManager
from aircherd.systemd.notify import Notifier


def test_all_variables_are_taken_out_of_the_environment(received):
    """Child processes get none of them."""
    environ = {
        "HOME": "/home/u",
        "NOTIFY_SOCKET": received.address,
        "LISTEN_PID": "1",
        "LISTEN_FDS": "1",
        "LISTEN_FDNAMES": "aircher",
        "WATCHDOG_USEC": "30000000",
        "WATCHDOG_PID": "42",
    }
    manager = ServiceManager.from_environ(environ, pid=42)
    assert environ == {"HOME": "/home/u"}
    assert (manager.watchdog, list(manager.sockets)) == (30.0, [])
    assert repr(manager).endswith(f"{received.address}, 0 unsent>, 0 sockets>")
    manager.close()


async def test_a_daemon_is_ready_then_alive_then_stopping(received, autojump_clock):
    """The watchdog hears from it while it drains, too."""
    stop = trio.Event()
    manager = ServiceManager(Notifier(received.address), watchdog=60)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(manager.run, lambda: "Serving", stop)
        await trio.sleep(1)
        assert received.states() == ["READY"]
        stop.set()
        await trio.sleep(1)
        assert received.states() == ["READY", "STOPPING"]
        received.messages.clear()
        await trio.sleep(30)
        assert received.receive() == [{"WATCHDOG": "1"}]
        nursery.cancel_scope.cancel()
    manager.close()


async def test_without_a_watchdog_no_message_is_sent_for_it(received, autojump_clock):
    """An idle daemon sends nothing."""
    manager = ServiceManager(Notifier(received.address))
    with trio.move_on_after(600):
        await manager.run(lambda: "Serving", trio.Event())
    assert received.receive() == [{"READY": "1", "STATUS": "Serving"}]
    manager.close()


def test_the_socket_for_http_clients_is_another_one(tmp_path):
    """Neither is taken for the other."""
    with socket.socket(socket.AF_UNIX) as first, socket.socket(socket.AF_UNIX) as second:
        passed = []
        for sock, name in ((first, "aircher"), (second, "aircher-http")):
            sock.bind(str(tmp_path / f"{name}.sock"))
            sock.listen()
            passed.append(PassedSocket(name, sock))
        manager = ServiceManager(sockets=passed)
        assert manager.http_socket_at(tmp_path / "aircher-http.sock") is second
        assert manager.socket_at(tmp_path / "aircher.sock") is first


def test_a_passed_socket_that_does_not_fit_is_refused(tmp_path):
    """The daemon does not silently open another one."""
    sock = socket.socket()
    manager = ServiceManager(sockets=[PassedSocket("aircher", sock)])
    with pytest.raises(AddressError):
        manager.socket_at(tmp_path / "aircher.sock")
    assert ServiceManager().socket_at(tmp_path) is None


def test_a_daemon_without_a_manager_imports_nothing_of_it():
    """Each module would cost it a quarter of a millisecond at the start."""
    code = (
        "import sys, aircherd.__main__\n"
        "print([name for name in sys.modules if name.startswith('aircherd.systemd')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout == "[]\n"
