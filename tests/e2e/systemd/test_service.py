"""The daemon under a real user manager, with the shipped units."""

import json
import os
import re
import signal
import threading
import time

import pytest

from aircher_client import Client
from aircherd.testing.simulator import Fault
from helpers.daemon.ipc_requests import a_chat
from helpers.daemon.real_daemon import wait_until
from helpers.systemd.machine import SERVICE, SOCKET
from helpers.systemd.service import service

pytestmark = [pytest.mark.systemd, pytest.mark.timeout(180)]

CONFIG = """\
[providers.work]
kind = "openai"
base_url = "{url}/v1"
auth = "none"
"""


@pytest.fixture
def unit(home, sim):
    """The service of a home whose provider needs no key."""
    sim.keys.accept("openai", "*")
    home.write_config(CONFIG.format(url=sim.url))
    with service(home) as made:
        yield made


def ask(unit):
    """Ask through the command line; return its answer."""
    done = unit.home.cli("ask", "-m", "work/m", "hello")
    assert done.returncode == 0, done.stderr + unit.log()
    return done.stdout


def test_the_first_request_starts_the_daemon(unit):
    """It is served, and `status` says how the daemon was started."""
    assert unit.state == "inactive/dead"
    assert ask(unit) == "hello\n"
    assert unit.state == "active/running"
    status = json.loads(unit.home.cli("status", "--json").stdout)
    assert (status["started_by"], status["pid"]) == ("systemd (socket)", unit.pid)
    assert unit.show("StatusText") == "Serving; 0 requests under way"


def test_many_first_requests_start_one_daemon(unit):
    """All of them are answered."""
    started = [unit.home.popen("ask", "-m", "work/m", "hello") for _ in range(12)]
    assert {each.communicate(timeout=60)[0] for each in started} == {"hello\n"}
    assert unit.show("NRestarts") == "0"


def test_start_returns_when_clients_are_served(unit):
    """`Type=notify` waits for READY."""
    unit.manager.systemctl("start", SERVICE)
    with unit.home.client() as client:
        assert client.call("ping", timeout=10) == {}
    assert unit.show("ExecMainPID") == str(unit.pid)


def test_a_start_that_fails_says_why(unit):
    """`systemctl --user status` has the reason, and what to change."""
    unit.drop_in("Environment=AIRCHER_SOCKET=%t/aircher/other.sock\nRestart=no")
    assert unit.manager.run("systemctl", "--user", "start", SERVICE).returncode != 0
    assert unit.state == "failed/failed"
    assert unit.show("StatusText").startswith("Could not start: the socket aircher")
    assert "ListenStream=" in unit.show("StatusText")


def test_reload(unit, sim):
    """`systemctl --user reload` applies the file; a mistake fails it, and changes nothing."""
    assert ask(unit) == "hello\n"
    pid = unit.pid
    unit.home.write_config(CONFIG.format(url=sim.url) + "[usage]\nkeep_days = 400\n")
    unit.manager.systemctl("reload", SERVICE)
    unit.home.write_config("nonsense = true\n")
    assert unit.manager.run("systemctl", "--user", "reload", SERVICE).returncode != 0
    assert (unit.state, unit.pid) == ("active/running", pid)
    assert "line 1: nonsense" in unit.show("StatusText")
    assert ask(unit) == "hello\n"
    # A reload that the manager did not ask for.
    unit.home.write_config(CONFIG.format(url=sim.url))
    assert unit.home.cli("config", "reload").returncode == 0
    wait_until(lambda: unit.state == "active/running", "the reload has ended")
    assert unit.show("StatusText") == "Serving; 0 requests under way"


def test_stop_waits_for_a_stream(unit, sim):
    """Its client gets the whole answer, and the next request starts the daemon again."""
    assert ask(unit) == "hello\n"
    sim.faults.add(Fault("stall", after=1, seconds=2.0))
    asked = unit.home.popen("ask", "-m", "work/m", "one two three")
    assert asked.stdout.read(3) == "one"
    unit.manager.systemctl("stop", "--no-block", SERVICE)
    wait_until(lambda: unit.state == "deactivating/stop-sigterm", "the service drains")
    wait_until(lambda: unit.show("StatusText") == "Draining 1 request", "the status says so")
    assert asked.communicate(timeout=30)[0] == " two three\n"
    wait_until(lambda: unit.state == "inactive/dead", "the service has stopped")
    assert unit.show("Result") == "success"
    assert ask(unit) == "hello\n"


def test_a_stream_that_does_not_end_is_ended_by_the_daemon(unit, sim):
    """Its client gets `shutting_down`; a request meanwhile waits for the next daemon."""
    assert ask(unit) == "hello\n"
    pid = unit.pid
    sim.faults.add(Fault("stall", after=1))
    stalled = unit.home.popen("ask", "--json", "-m", "work/m", "one two three")
    wait_until(lambda: len([r for r in sim.requests if r.endpoint == "chat"]) == 2, "it is asked")
    unit.manager.systemctl("restart", "--no-block", SERVICE)
    wait_until(lambda: unit.show("StatusText") == "Draining 1 request", "the daemon drains")
    assert ask(unit) == "hello\n"
    assert unit.pid not in (0, pid)
    # The manager need not kill it.
    assert (unit.show("Result"), unit.show("NRestarts")) == ("success", "0")
    assert json.loads(stalled.communicate(timeout=30)[0])["error"]["code"] == "shutting_down"


def test_a_killed_daemon_is_started_again(unit):
    """Also without a client that asks for it."""
    assert ask(unit) == "hello\n"
    pid = unit.pid
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: unit.show("NRestarts") == "1", "it was started again")
    wait_until(lambda: unit.state == "active/running", "it runs")
    assert unit.pid != pid
    assert ask(unit) == "hello\n"


def test_the_watchdog_restarts_a_stalled_daemon(unit):
    """It is killed without a core dump; the request that waits is answered by the next one."""
    unit.drop_in("WatchdogSec=3")
    assert ask(unit) == "hello\n"
    pid = unit.pid
    os.kill(pid, signal.SIGSTOP)
    assert ask(unit) == "hello\n"
    assert unit.pid not in (0, pid)
    assert unit.show("NRestarts") == "1"


def test_the_watchdog_leaves_a_daemon_alone_that_runs(unit):
    """Its messages come in time."""
    unit.drop_in("WatchdogSec=2")
    assert ask(unit) == "hello\n"
    started = unit.show("ExecMainStartTimestampMonotonic")
    time.sleep(6)
    assert unit.show("ExecMainStartTimestampMonotonic") == started
    assert unit.show("NRestarts") == "0"


def test_an_unused_daemon_ends_and_is_started_again(unit, sim):
    """It exits cleanly, and the next client starts it again."""
    unit.home.write_config(CONFIG.format(url=sim.url) + "[daemon]\nidle_exit = 20\n")
    assert ask(unit) == "hello\n"
    pid = unit.pid
    time.sleep(19)
    wait_until(lambda: unit.state == "inactive/dead", "the daemon has ended")
    assert unit.show("Result") == "success"
    assert '"idle_exit"' in unit.log()
    assert unit.manager.show(SOCKET, "ActiveState") == "active"
    assert ask(unit) == "hello\n"
    assert unit.pid not in (0, pid)


def test_a_restart_loses_no_request(unit):
    """No client is refused, whatever it does while the daemon is replaced: counted."""
    assert ask(unit) == "hello\n"
    # One service is not restarted more than a few times a minute.
    unit.manager.drop_in(SERVICE, "[Unit]\nStartLimitBurst=100\n", "burst.conf")
    environ = {**unit.home.environ, "AIRCHER_AUTOSTART": "1"}
    stop, sent, answers, failures = threading.Event(), [], [], []

    def send(size):
        while not stop.is_set():
            try:
                with Client.connect(environ) as client:
                    for number in range(size):
                        sent.append(number)
                        answer = client.chat(a_chat(model="work/m"))
                        answers.append(answer["finish"])
            except Exception as error:  # noqa: BLE001 - counted
                failures.append(error)

    threads = [threading.Thread(target=send, args=(size,)) for size in (1, 1, 3, 3, 50, 500)]
    for thread in threads:
        thread.start()
    pids = set()
    for _ in range(4):
        before = len(answers)
        wait_until(lambda before=before: len(answers) > before + 30, "requests are answered")
        pids.add(unit.pid)
        unit.manager.systemctl("restart", SERVICE)
    stop.set()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert (len(sent), len(pids)) == (len(answers), 4)
    assert set(answers) == {"stop"}
    assert len(re.findall('"stopped"', unit.log())) == 4


def test_a_daemon_that_was_started_by_hand_makes_room(unit):
    """The socket of systemd replaces its own; requests wait until it has gone."""
    unit.manager.systemctl("stop", SOCKET)
    unit.home.start()
    old = unit.home.process
    unit.manager.systemctl("start", SOCKET)
    assert ask(unit) == "hello\n"
    assert old.wait(30) == 0
    assert json.loads(unit.home.cli("status", "--json").stdout)["pid"] == unit.pid
    assert unit.show("NRestarts") == "0"


@pytest.mark.parametrize("delay", [0.0, 0.05, 0.1, 0.2, 0.3])
def test_a_daemon_can_be_stopped_while_it_starts(unit, delay):
    """Whatever it was doing, it ends cleanly, and the next request starts it."""
    unit.manager.systemctl("start", "--no-block", SERVICE)
    time.sleep(delay)
    unit.manager.systemctl("stop", SERVICE)
    assert unit.state == "inactive/dead"
    assert ask(unit) == "hello\n"
