"""The installed service while it is used: replaced, restarted, reloaded, stopped, killed."""

import threading
import time
from typing import Self

import pytest

from aircher_client import Client
from aircherd.testing.simulator import Fault, Simulator
from helpers.daemon.real_daemon import Home, wait_until
from helpers.systemd.machine import SERVICE, SOCKET, Install, Machine, ask

pytestmark = [pytest.mark.systemd, pytest.mark.timeout(180)]


def test_a_daemon_of_a_client_is_replaced_without_losing_a_request(
    machine: Machine, install: Install, sim: Simulator
):
    """Its requests finish, and those that come meanwhile wait for the service."""
    home, manager = machine
    done = home.cli("daemon", "start", environ={"WORK_KEY": _key(home)})
    assert done.returncode == 0, done.stderr
    with home.client() as client:
        old = client.call("status")["pid"]
    with _Requests(home) as requests:
        requests.wait_for(3)
        printed = install()
        requests.wait_for(requests.count + 3)
    assert f"✓ stopped the daemon that a client had started (process {old})" in printed
    assert requests.failures == []
    assert {old, manager.main_pid(SERVICE)} == requests.pids


def test_a_stream_of_a_replaced_daemon_finishes(machine: Machine, install: Install, sim: Simulator):
    """The old daemon ends it, while the next request waits for the service."""
    home, manager = machine
    assert home.cli("daemon", "start", environ={"WORK_KEY": _key(home)}).returncode == 0
    sim.faults.add(Fault("stall", after=1, seconds=3.0))
    asked = home.popen("ask", "one two three")
    assert asked.stdout is not None
    assert asked.stdout.read(3) == "one"
    installed = home.popen("daemon", "install")
    wait_until(lambda: manager.show(SOCKET, "ActiveState") == "active", "systemd listens")
    assert ask(home)
    assert asked.communicate(timeout=30)[0] == " two three\n"
    assert (asked.returncode, installed.wait(timeout=30)) == (0, 0)
    assert manager.show(SERVICE, "NRestarts") == "0"


def test_a_restart_loses_no_request(machine: Machine, install: Install):
    """The socket stays open in systemd while one daemon drains and the next one starts."""
    home, manager = machine
    install()
    old = manager.main_pid(SERVICE)
    with _Requests(home) as requests:
        requests.wait_for(3)
        for _ in range(3):
            done = home.cli("daemon", "restart")
            assert done.returncode == 0, done.stderr
            requests.wait_for(requests.count + 3)
    assert requests.failures == []
    assert old in requests.pids
    assert len(requests.pids) >= 3


def test_a_restart_waits_for_a_stream(machine: Machine, install: Install, sim: Simulator):
    """The stream finishes, and a request that comes meanwhile is answered by the new daemon."""
    home, manager = machine
    install()
    old = manager.main_pid(SERVICE)
    sim.faults.add(Fault("stall", after=1, seconds=2.0))
    asked = home.popen("ask", "one two three")
    assert asked.stdout is not None
    assert asked.stdout.read(3) == "one"
    restart = home.popen("daemon", "restart")
    wait_until(lambda: manager.show(SERVICE, "ActiveState") == "deactivating", "it drains")
    assert ask(home)
    assert manager.main_pid(SERVICE) not in (0, old)
    assert asked.communicate(timeout=20)[0] == " two three\n"
    assert (asked.returncode, restart.wait(timeout=20)) == (0, 0)


def test_reload_through_systemd(machine: Machine, install: Install):
    """A bad config is a failed reload, and the daemon goes on with the last good one."""
    home, manager = machine
    install()
    pid = manager.main_pid(SERVICE)
    good = home.config_file.read_text()
    home.write_config(good + "\n[providers.work]\n")
    done = manager.run("systemctl", "--user", "reload", SERVICE)
    assert done.returncode != 0
    assert manager.show(SERVICE, "ActiveState") == "active"
    assert ask(home)
    home.write_config(good)
    manager.systemctl("reload", SERVICE)
    assert manager.main_pid(SERVICE) == pid


def test_stop_says_how_to_stop_for_good(machine: Machine, install: Install):
    """The next request starts the daemon again, unless the socket is stopped, too."""
    home, manager = machine
    install()
    done = home.cli("daemon", "stop")
    assert done.returncode == 0
    assert "systemctl --user stop aircherd.socket" in done.stderr
    assert home.cli("daemon", "status").returncode == 3
    assert manager.show(SERVICE, "ActiveState") == "inactive"
    assert ask(home)
    manager.systemctl("stop", SOCKET)
    assert home.cli("ask", "hello").returncode == 3
    assert ask(home, environ={"AIRCHER_AUTOSTART": "1"})
    assert manager.show(SOCKET, "ActiveState") == "active"
    assert manager.main_pid(SERVICE) > 0


def test_a_daemon_beside_the_service(machine: Machine, install: Install):
    """`daemon status` says that it is not the service, and `daemon restart` makes it that."""
    home, manager = machine
    install()
    manager.systemctl("stop", SOCKET)
    home.start()
    done = home.cli("daemon", "status")
    assert "this daemon was started without it" in done.stderr
    assert home.cli("daemon", "restart").returncode == 0
    assert home.cli("daemon", "status").stdout.endswith("  as a service (systemd)\n")
    assert manager.main_pid(SERVICE) > 0
    assert ask(home)


def test_a_user_may_start_it_often(machine: Machine, install: Install):
    """Systemd's limit of starts is for failures: neither a restart nor a stop counts."""
    home, manager = machine
    install()
    for _ in range(3):
        assert home.cli("daemon", "restart").returncode == 0
        assert home.cli("daemon", "stop").returncode == 0
        assert ask(home)
    assert manager.show(SOCKET, "ActiveState") == "active"


def test_a_killed_daemon_comes_back(machine: Machine, install: Install):
    """Systemd starts it again after a second."""
    home, manager = machine
    install()
    pid = manager.main_pid(SERVICE)
    manager.systemctl("kill", "--signal=KILL", SERVICE)
    wait_until(lambda: manager.main_pid(SERVICE) not in (0, pid), "systemd restarts the daemon")
    assert ask(home)


def _key(home: Home) -> str:
    return (home.config_file.parent / "environment").read_text().partition("=")[2].strip()


class _Requests:
    """Asks all the time, from several clients, each with a new connection."""

    def __init__(self, home: Home) -> None:
        self._environ = home.environ
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(4)]
        self.count = 0
        self.failures: list[BaseException] = []
        self.pids: set[int] = set()

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, count: int) -> None:
        wait_until(lambda: self.count >= count or bool(self.failures), f"{count} were answered")

    def _run(self) -> None:
        request = {"messages": [{"role": "user", "content": "hello"}]}
        while not self._stop.is_set():
            try:
                with Client.connect(self._environ) as client:
                    client.chat(request)
                    self.pids.add(client.call("status")["pid"])
            except Exception as error:  # noqa: BLE001 -- each is a lost request
                self.failures.append(error)
                return
            self.count += 1
            time.sleep(0.01)
