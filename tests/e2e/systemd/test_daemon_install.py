"""The installed service with a real systemd: from a clean home to an answer, and away again."""

import json
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import pytest

from aircher_client import Client
from aircherd.testing.simulator import Fault, Simulator
from helpers.daemon.real_daemon import Home, wait_until
from helpers.systemd.manager import UserManager

pytestmark = [pytest.mark.systemd, pytest.mark.timeout(180)]

SERVICE = "aircherd.service"
SOCKET = "aircherd.socket"
Machine = tuple[Home, UserManager]
Install = Callable[..., str]


def ask(home: Home, **environ: str) -> str:
    """Ask the default model and return its answer."""
    done = home.cli("ask", "hello", environ=environ)
    assert done.returncode == 0, done.stderr
    return done.stdout


def unit_files(home: Home) -> list[str]:
    """Return the files and directories below the one for configuration, without systemd's own."""
    base = home.root / "config"
    found = (path.relative_to(base).as_posix() for path in base.rglob("*"))
    return sorted(name for name in found if "user.control" not in name)


def test_one_command_from_a_clean_home_to_an_answer(machine: Machine, install: Install):
    """The service runs, is hardened, and answers; the socket starts it again by itself."""
    home, manager = machine
    lines = install().splitlines()
    assert [re.sub(r"\(process.*", "", line) for line in lines] == [
        "✓ wrote ~/config/systemd/user/aircherd.service",
        "✓ wrote ~/config/systemd/user/aircherd.socket",
        "✓ enabled aircherd.socket",
        "✓ started aircherd.socket, which listens on ~/run/aircher/aircher.sock",
        "✓ started aircherd.service",
        "✓ aircherd 0.1.0 is running ",
    ]
    first = manager.main_pid(SERVICE)
    assert ask(home)
    status = Path(f"/proc/{first}/status").read_text()
    assert re.search(r"NoNewPrivs:\s+1\n", status)
    assert re.search(r"Seccomp:\s+2\n", status)
    assert home.socket.stat().st_mode & 0o777 == 0o600
    assert home.socket.parent.stat().st_mode & 0o777 == 0o700
    manager.systemctl("stop", SERVICE)
    assert ask(home)
    assert manager.main_pid(SERVICE) not in (0, first)
    with home.client() as client:
        assert client.call("status")["started_by"].startswith("systemd")


def test_keys_of_the_shell_are_named(machine: Machine):
    """The service does not see them, and the first installation says how it gets them."""
    home, _ = machine
    shell = {"OPENAI_API_KEY": "canary-shell-0123456789abcdef", "WORK_KEY": "x"}
    done = home.cli("daemon", "install", environ=shell)
    assert done.returncode == 0
    assert done.stderr == (
        "the service does not see OPENAI_API_KEY of this shell: 'aircher-cli auth import' stores "
        "what it has\n"
    )
    assert home.cli("daemon", "install", environ=shell).stderr == ""


def test_programs_that_only_the_shell_finds_are_named(machine: Machine):
    """Systemd's PATH is another one; the file with the service's variables can have it."""
    home, _ = machine
    programs = home.root / "programs"
    programs.mkdir()
    (programs / "my-keys").write_text("#!/bin/sh\necho key")
    (programs / "my-keys").chmod(0o755)
    more = '[providers.mine]\nkind = "openai"\nbase_url = "http://127.0.0.1:1/v1"\n'
    home.write_config(home.config_file.read_text() + more + 'key_command = ["my-keys"]\n')
    shell = {"PATH": f"{programs}:{home.environ['PATH']}"}
    done = home.cli("daemon", "install", environ=shell)
    assert done.returncode == 0
    assert f"the service does not find my-keys, which a key_command runs: write {programs}" in (
        done.stderr
    )
    assert home.cli("daemon", "uninstall").returncode == 0
    with (home.config_file.parent / "environment").open("a") as file:
        file.write(f"PATH={shell['PATH']}\n")
    assert home.cli("daemon", "install", environ=shell).stderr == ""


def test_the_socket_listens_after_a_login(machine: Machine, install: Install):
    """Nothing runs until the first request."""
    home, manager = machine
    install()
    manager.systemctl("stop", SOCKET)
    manager.systemctl("stop", "sockets.target")
    manager.systemctl("start", "default.target", "sockets.target")
    assert manager.show(SOCKET, "ActiveState") == "active"
    assert manager.show(SERVICE, "ActiveState") == "inactive"
    assert ask(home)


def test_installing_twice_changes_nothing(machine: Machine, install: Install):
    """The daemon is not even restarted."""
    _, manager = machine
    install()
    pid = manager.main_pid(SERVICE)
    first, second = install().splitlines()
    assert first == "nothing to do: the service is installed already"
    assert f"(process {pid}," in second
    record = json.loads(install("--json"))
    assert (record["changed"], record["steps"], record["pid"]) == (False, [], pid)


def test_nothing_is_left_after_uninstall(machine: Machine, install: Install):
    """Units, links, socket and process are gone; the config stays. A second time is no failure."""
    home, manager = machine
    before = unit_files(home)
    install("--hardened")
    assert ask(home)
    pid = manager.main_pid(SERVICE)
    done = home.cli("daemon", "uninstall")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:2] == [
        "✓ stopped aircherd.socket and aircherd.service",
        "✓ disabled aircherd.socket",
    ]
    assert "kept ~/.aircher" in done.stdout
    assert unit_files(home) == before
    assert not home.socket.exists()
    assert not Path(f"/proc/{pid}").exists()
    assert home.config_file.exists()
    assert manager.show(SERVICE, "LoadState") == "not-found"
    done = home.cli("daemon", "uninstall")
    assert (done.returncode, done.stdout) == (0, "nothing to do: no service is installed\n")


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
    assert ask(home, AIRCHER_AUTOSTART="1")
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


def test_a_foreign_unit(machine: Machine, install: Install):
    """It is refused; with --force a copy is kept, and `uninstall` leaves the copy."""
    home, manager = machine
    theirs = "[Service]\nExecStart=/bin/sleep 100\n"
    manager.write_unit(SERVICE, theirs)
    done = home.cli("daemon", "install")
    assert done.returncode == 1
    assert "is not from aircher-cli" in done.stderr
    assert (manager.unit_folder / SERVICE).read_text() == theirs
    install("--force")
    assert ask(home)
    assert home.cli("daemon", "uninstall").returncode == 0
    [copy] = manager.unit_folder.glob("*.bak")
    assert copy.read_text() == theirs


def test_another_home(machine: Machine, install: Install):
    """AIRCHER_HOME of the caller is that of the service, with its own socket and data."""
    home, manager = machine
    other = home.root / "other home"
    home.config_file.parent.rename(other)
    home.environ["AIRCHER_HOME"] = str(other)
    install()
    assert ask(home)
    with home.client() as client:
        status = client.call("status")
    assert status["pid"] == manager.main_pid(SERVICE)
    assert status["config"]["file"] == f"{other}/config.toml"


@pytest.mark.parametrize("name", ["XDG_DATA_HOME", "XDG_STATE_HOME"])
def test_directories_of_the_caller(machine: Machine, install: Install, name: str):
    """A directory that only the shell knows is also the service's: keys are found again."""
    home, _ = machine
    home.environ[name] = str(home.root / "elsewhere")
    install()
    environ = (home.root / "config" / "systemd" / "user" / SERVICE).read_text()
    assert f"Environment={name}={home.root}/elsewhere\n" in environ
    assert ask(home)


def test_no_manager(machine: Machine):
    """Without a systemd of this user it says how to get one, and writes nothing."""
    home, _ = machine
    before = unit_files(home)
    run = home.root / "no run"
    run.mkdir(mode=0o700)
    done = home.cli("daemon", "install", environ={"XDG_RUNTIME_DIR": str(run)})
    assert done.returncode == 1
    assert "loginctl enable-linger" in done.stderr
    assert unit_files(home) == before


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
