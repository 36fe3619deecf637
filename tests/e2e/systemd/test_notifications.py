"""A real daemon, and a test in place of the service manager: its messages and its sockets."""

import json
import os
import signal
import socket
import sys
import threading
import time
from contextlib import contextmanager

import pytest

from aircher_client import Client
from aircherd.testing.simulator import Fault
from helpers.daemon.ipc_requests import a_chat
from helpers.daemon.real_daemon import wait_until
from helpers.systemd.notify_socket import notify_socket

KEY = "canary-work-0123456789abcdef"


@pytest.fixture
def received():
    with notify_socket() as made:
        yield made


@contextmanager
def listening_at(path, name="aircher"):
    """Give a socket at `path`, as a manager opens it."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(path))
        path.chmod(0o600)
        sock.listen(128)
        yield sock


def is_ready(message):
    return "READY" in message


def test_ready_means_that_a_client_is_served(home, received):
    """A client that connects with the message gets its answer."""
    answers = []

    def connect():
        received.wait_for(is_ready, "READY=1")
        with Client.connect(home.environ, autostart=False) as client:
            answers.append(client.call("ping"))

    thread = threading.Thread(target=connect)
    thread.start()
    home.start({"NOTIFY_SOCKET": received.address})
    thread.join(20)
    assert answers == [{}]


def test_nothing_is_sent_before_the_daemon_serves(home, received):
    """A daemon that cannot start says why, and never that it is ready."""
    home.socket.mkdir(parents=True)
    home.socket.parent.chmod(0o700)
    done = home.run_daemon({"NOTIFY_SOCKET": received.address})
    assert done.returncode == 1
    assert received.states() == []
    assert received.statuses()[0].startswith("Could not start: ")
    assert str(home.socket) in received.statuses()[0]


def test_every_reload_is_reported(home, received):
    """A refused one too; the status has the line of the mistake."""
    home.start({"NOTIFY_SOCKET": received.address})
    good = home.config_file.read_text()
    home.write_config("nonsense = true\n")
    assert home.cli("config", "reload").returncode != 0
    home.write_config(good)
    assert home.cli("config", "reload").returncode == 0
    assert received.states() == ["READY", "RELOADING", "READY", "RELOADING", "READY"]
    first, refused, last = received.statuses()
    assert (first, last) == ("Serving; 0 requests under way",) * 2
    assert refused.startswith("The configuration is invalid: ")
    assert f"{home.config_file}, line 1" in refused
    assert refused.endswith("; the last valid one stays in use. Serving; 0 requests under way")


def test_a_change_of_the_file_is_reported_too(home, received):
    """The daemon loads it by itself; a mistake is in the status at once."""
    home.start({"NOTIFY_SOCKET": received.address})
    good = home.config_file.read_text()
    replace(home.config_file, "nonsense = true\n")
    refused = received.wait_for(lambda each: "line 1" in each.get("STATUS", ""), "of the mistake")
    assert "READY" in refused
    replace(home.config_file, good + "[usage]\nkeep_days = 400\n")
    wait_until(lambda: received.states()[1:] == ["RELOADING", "READY"] * 2, "both are reported")
    assert received.statuses()[-1] == "Serving; 0 requests under way"


def test_stopping_comes_before_the_drain_ends(home, received, sim):
    """The status says how many requests are left."""
    home.start({"NOTIFY_SOCKET": received.address})
    home.login("work", KEY)
    sim.faults.add(Fault("stall", after=1, seconds=1.0))
    asked = home.popen("ask", "-m", "work/m", "one two three")
    assert asked.stdout.read(3) == "one"
    home.process.send_signal(signal.SIGTERM)
    message = received.wait_for(lambda each: "STOPPING" in each, "STOPPING=1")
    assert message["STATUS"] == "Draining 1 request"
    assert asked.communicate(timeout=20)[0] == " two three\n"
    assert home.process.wait(timeout=20) == 0
    assert received.states() == ["READY", "STOPPING"]


def test_child_processes_get_no_variable_of_the_manager(home, received, sim):
    """A key command sees neither the variables nor the sockets."""
    home.write_config(
        f'[providers.work]\nkind = "openai"\nbase_url = "{sim.url}/v1"\n'
        'key_command = ["sh", "-c", "env > $HOME/seen; ls -l /proc/self/fd >> $HOME/seen; '
        f'echo {KEY}"]\n'
    )
    with listening_at(home.socket) as sock:
        home.start(
            {
                "NOTIFY_SOCKET": received.address,
                "WATCHDOG_USEC": "60000000",
            },
            passed={"aircher": sock},
        )
        assert home.cli("ask", "-m", "work/m", "hello").stdout == "hello\n"
        seen = (home.root / "seen").read_text()
        assert "HOME=" in seen
        for name in ("NOTIFY_SOCKET", "WATCHDOG", "LISTEN", "socket:"):
            assert name not in seen


def test_a_missing_manager_does_not_matter(home):
    """The daemon serves, and logs the failure once."""
    home.start({"NOTIFY_SOCKET": str(home.root / "missing"), "WATCHDOG_USEC": "300000"})
    assert home.cli("config", "reload").returncode == 0
    assert home.stop() == 0
    assert home.log().count("service_manager_unreachable") == 1


def test_the_watchdog_hears_nothing_from_a_stopped_process(home, received):
    """Its messages come from the event loop."""
    home.start({"NOTIFY_SOCKET": received.address, "WATCHDOG_USEC": "600000"})
    received.wait_for(lambda each: "WATCHDOG" in each, "WATCHDOG=1")
    home.process.send_signal(signal.SIGSTOP)
    stat = f"/proc/{home.process.pid}/stat"
    wait_until(lambda: ") T " in open_text(stat), "the process is stopped")
    received.receive()
    received.messages.clear()
    time.sleep(1)
    assert received.receive() == []
    home.process.send_signal(signal.SIGCONT)
    received.wait_for(lambda each: "WATCHDOG" in each, "WATCHDOG=1")


# ------------------------------------------------------------------ a passed socket


def test_a_passed_socket_is_served_and_kept(home):
    """Clients that connected before the daemon are served; afterwards the file is still there."""
    with listening_at(home.socket) as sock:
        waiting = home.popen("status", "--json")
        home.start(passed={"aircher": sock})
        status = json.loads(waiting.communicate(timeout=20)[0])
        assert status["started_by"] == "systemd (socket)"
        assert home.stop() == 0
        assert home.socket.exists()
        assert "socket_displaced" not in home.log()
        again = home.popen("status", "--json")
        home.start(passed={"aircher": sock})
        assert json.loads(again.communicate(timeout=20)[0])["pid"] == home.process.pid


def test_a_passed_socket_does_not_bypass_the_locks(home):
    """A second daemon by hand is refused."""
    with listening_at(home.socket) as sock:
        home.start(passed={"aircher": sock})
        done = home.run_daemon({"AIRCHER_SOCKET": str(home.root / "run" / "other.sock")})
        assert done.returncode == 3
        assert str(home.process.pid) in done.stderr


def test_a_socket_for_another_path_is_refused(home, received):
    """The message has both paths, also in the manager's status."""
    other = home.root / "run" / "aircher" / "other.sock"
    with listening_at(other) as sock:
        done = home.run_daemon({"NOTIFY_SOCKET": received.address}, passed={"aircher": sock})
    assert done.returncode == 1
    assert f"ListenStream={home.socket}" in done.stderr
    assert str(other) in received.statuses()[-1]


def test_sockets_of_another_process_are_ignored(home):
    """The variables may be left over from a parent."""
    home.start({"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1", "LISTEN_FDNAMES": "aircher"})
    assert json.loads(home.cli("status", "--json").stdout)["started_by"] == "user"


def test_restarts_lose_no_request(home, sim):
    """Each request that was sent is answered, over many restarts with requests under way."""
    sim.keys.accept("openai", "*")
    home.write_config(
        f'[providers.work]\nkind = "openai"\nbase_url = "{sim.url}/v1"\nauth = "none"\n'
    )
    environ = {**home.environ, "AIRCHER_AUTOSTART": "1"}
    stop, answers, failures = threading.Event(), [], []

    def send():
        while not stop.is_set():
            try:
                with Client.connect(environ, command=[sys.executable, "-c", ""]) as client:
                    for _ in range(5):
                        answer = client.chat(a_chat(model="work/m"))
                        answers.append(answer["finish"])
            except Exception as error:  # noqa: BLE001 - counted
                failures.append(error)

    with listening_at(home.socket) as sock:
        home.start(passed={"aircher": sock}, log_level="warning")
        threads = [threading.Thread(target=send) for _ in range(8)]
        for thread in threads:
            thread.start()
        for _ in range(5):
            before = len(answers)
            wait_until(lambda before=before: len(answers) > before + 20, "requests are answered")
            assert home.stop() == 0
            home.start(passed={"aircher": sock}, log_level="warning")
        stop.set()
        for thread in threads:
            thread.join(40)
        assert failures == []
        assert set(answers) == {"stop"}


def replace(file, text):
    """Write a file without a moment at which it is empty."""
    new = file.with_suffix(".new")
    new.write_text(text)
    new.replace(file)


def open_text(path):
    with open(path) as file:  # noqa: PTH123 - of /proc
        return file.read()
