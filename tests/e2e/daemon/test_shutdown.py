"""The end of a real daemon: every client gets a last frame, nothing is lost, nothing hangs."""

import json
import signal
import threading

import pytest

from aircher_client import ConnectionLost, DaemonError
from aircherd.testing.simulator import Fault
from helpers.daemon.real_daemon import wait_until
from helpers.daemon.stuck_aircherd import STUCK

KEY = "canary-work-0123456789abcdef"
STREAMS = 50


class Streams:
    """Clients with a chat each, whose first delta has arrived."""

    def __init__(self, home, count):
        self.ends = {}
        self._begun = threading.Barrier(count + 1)
        self._threads = [
            threading.Thread(target=self._chat, args=(home, number)) for number in range(count)
        ]
        for thread in self._threads:
            thread.start()
        self._begun.wait(60)

    def _chat(self, home, number):
        def on_delta(delta):
            if delta["type"] == "text" and not begun:
                begun.append(True)
                self._begun.wait(60)

        begun = []
        request = {"model": "work/m", "messages": [{"role": "user", "content": "one two three"}]}
        with home.client() as client:
            try:
                self.ends[number] = client.chat(request, on_delta)["finish"]
            except DaemonError as error:
                self.ends[number] = error.code
            except ConnectionLost:
                self.ends[number] = "lost"

    def wait(self):
        """Return how many clients had which end."""
        for thread in self._threads:
            thread.join(60)
        ends = list(self.ends.values())
        return {end: ends.count(end) for end in ends}


def test_each_of_50_streams_ends_within_the_limit(daemon, sim):
    """Half of them finish; the others' provider stalls, and they end with `shutting_down`."""
    daemon.login("work", KEY)
    sim.faults.add(Fault("stall", after=1, seconds=2.0, times=STREAMS // 2))
    sim.faults.add(Fault("stall", after=1, times=STREAMS // 2))
    streams = Streams(daemon, STREAMS)
    assert daemon.stop() == 0
    assert streams.wait() == {"stop": STREAMS // 2, "shutting_down": STREAMS // 2}
    log = [json.loads(line) for line in daemon.log().splitlines() if line.startswith("{")]
    waits = [entry["waits_for"] for entry in log if entry["event"] == "draining"]
    assert (waits[0], waits[-1]) == ({"aircher-cli": 50}, {"aircher-cli": 25})
    (cancelled,) = [entry for entry in log if entry["event"] == "requests_cancelled"]
    assert cancelled["by_client"] == {"aircher-cli": 25}
    assert not daemon.socket.exists()

    daemon.start()
    with daemon.client() as client:
        rows = client.call("usage.report", {"by": ["outcome"]})["rows"]
    counts = {row["outcome"]: row["requests"] for row in rows}
    assert counts["ok"] == STREAMS // 2
    assert sum(counts.values()) == STREAMS


def test_a_second_signal_ends_at_once_whatever_hangs(home, sim):
    """A provider, a key command and the disk hang; clients still get `shutting_down`."""
    vault = '[providers.vault]\nkind = "openai"\nbase_url = "http://127.0.0.1:1/v1"\n'
    command = 'key_command = ["sleep", "600"]\n'
    home.write_config(f"{vault}{command}{home.config_file.read_text()}")
    home.start(program=STUCK)
    home.login("work", KEY)
    sim.faults.add(Fault("stall", after=1, times=None))
    streams = Streams(home, 10)
    locked = home.popen("ask", "-m", "vault/m", "hello")
    wait_until(
        lambda: json.loads(home.cli("status", "--json").stdout)["requests"]["active"] == 11,
        "all requests are under way",
    )
    home.process.send_signal(signal.SIGTERM)
    wait_until(lambda: "draining" in home.log(), "the daemon drains")
    home.process.send_signal(signal.SIGTERM)
    home.process.wait(timeout=15)
    assert streams.wait() == {"shutting_down": 10}
    locked.communicate(timeout=30)
    assert locked.returncode == 3  # it looked for another daemon
    home.start()  # the socket it left is replaced


def test_a_third_signal_ends_without_another_step(home, sim):
    """Even before the clients have got their last frames."""
    home.start(program=STUCK)
    home.login("work", KEY)
    sim.faults.add(Fault("stall", after=1, times=None))
    streams = Streams(home, 1)
    for number in range(3):
        home.process.send_signal(signal.SIGINT)
        wait_until(lambda n=number: home.log().count('"stopping"') > n or n == 2, "it was taken")
    assert home.process.wait(timeout=15) == 1
    assert set(streams.wait()) <= {"shutting_down", "lost"}


def test_a_hangup_reloads_the_configuration(daemon):
    """As for most daemons; a bad configuration does not take effect."""

    def is_known():
        return "work/m" in daemon.cli("route", "-m", "new").stdout

    daemon.write_config(daemon.config_file.read_text() + '\n[models.new]\nroutes = ["work/m"]\n')
    daemon.process.send_signal(signal.SIGHUP)
    wait_until(is_known, "the alias is known")
    daemon.write_config("nonsense = 1\n")
    daemon.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "reload_failed" in daemon.log(), "the problem is in the log")
    assert is_known()


@pytest.mark.parametrize("where", ["--log-file", "pipe"])
def test_the_log_goes_where_it_should(home, where):
    """To standard error, or to a file that only its owner can read."""
    file = home.root / "own.log"
    options = ("--log-file", str(file)) if where == "--log-file" else ()
    home.start(program=("-m", "aircherd", *options))
    assert ("log       ~/own.log" in home.cli("status").stdout) == (where == "--log-file")
    assert home.stop() == 0
    assert ('"stopped"' in home.log()) == (where == "pipe")
    if where == "--log-file":
        assert '"stopped"' in file.read_text()
        assert file.stat().st_mode & 0o777 == 0o600


def test_a_log_is_rotated_while_the_daemon_runs(home):
    """It is rotated at 4 MiB; here at 500 bytes."""
    file = home.root / "own.log"
    code = (
        "import sys; from aircherd.log_file import LogFile; from aircherd.__main__ import main;"
        "LogFile.__init__.__kwdefaults__['limit'] = 500; sys.exit(main())"
    )
    home.start(program=("-c", code, "--log-file", str(file)))
    for _ in range(12):
        home.process.send_signal(signal.SIGHUP)
        home.cli("status")
    wait_until((home.root / "own.log.1").exists, "the log is rotated")
    assert home.stop() == 0
    assert '"stopped"' in file.read_text()


def test_a_log_that_cannot_be_opened_is_explained(home):
    """Exit code 1 and a sentence."""
    home.process = None
    with pytest.raises(AssertionError, match="cannot write the log /nowhere/x: No such file"):
        home.start(program=("-m", "aircherd", "--log-file", "/nowhere/x"))
