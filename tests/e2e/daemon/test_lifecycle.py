"""Starting, stopping and draining: by signal, by a client, and automatically."""

import json
import signal
import subprocess
import threading

import pytest

from aircher_client import ClientError, DaemonError
from aircherd.testing.simulator import Fault
from helpers.daemon.real_daemon import home as open_home
from helpers.daemon.real_daemon import wait_until

KEY = "canary-work-0123456789abcdef"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_daemon_cleanly(daemon, number):
    """Exit code 0, the socket is removed, nothing crashed."""
    assert daemon.stop(number) == 0
    assert not daemon.socket.exists()
    assert "Traceback" not in daemon.log()


def test_a_running_request_completes_before_shutdown(daemon, sim):
    """Draining waits for it; new requests are refused."""
    daemon.login("work", KEY)
    sim.faults.add(Fault("stall", after=1, seconds=1.0))
    asked = daemon.popen("ask", "-m", "work/m", "one two three")
    assert asked.stdout.read(3) == "one"
    daemon.process.send_signal(signal.SIGTERM)
    out, _ = asked.communicate(timeout=20)
    assert (asked.returncode, out) == (0, " two three\n")
    assert daemon.process.wait(timeout=20) == 0


def test_a_second_signal_ends_the_draining(daemon, sim):
    """The running request gets an error, and its upstream connection is closed."""
    daemon.login("work", KEY)
    sim.faults.add(Fault("stall", after=1))
    asked = daemon.popen("ask", "--json", "-m", "work/m", "one two three")
    wait_until(lambda: any(r.endpoint == "chat" for r in sim.requests), "the chat arrived")
    daemon.process.send_signal(signal.SIGTERM)
    wait_until(lambda: "stopping" in daemon.log(), "the daemon drains")
    daemon.process.send_signal(signal.SIGTERM)
    # Far less than the limit for draining.
    assert daemon.process.wait(timeout=8) == 0
    out, _ = asked.communicate(timeout=20)
    assert json.loads(out)["error"]["code"] == "shutting_down"
    wait_until(sim.requests[-1].disconnected.is_set, "the provider sees its client leave")


def test_a_client_that_leaves_is_not_waited_for(daemon, sim):
    """Its request ends with it, and nothing has to be cancelled at the end of the drain."""
    daemon.login("work", KEY)
    sim.faults.add(Fault("stall", after=1))
    asked = daemon.popen("ask", "-m", "work/m", "one two three")
    assert asked.stdout.read(3) == "one"
    daemon.process.send_signal(signal.SIGTERM)
    wait_until(lambda: '"draining"' in daemon.log(), "the daemon drains")
    asked.kill()
    asked.wait()
    # Far less than the limit for draining.
    assert daemon.process.wait(timeout=8) == 0
    assert "requests_cancelled" not in daemon.log()


def test_every_client_gets_a_final_error(daemon):
    """`shutting_down`, also clients that only receive events."""
    with daemon.client() as client:
        client.call("ping")
        received = []

        def listen():
            try:
                received.extend(client.events(["auth"]))
            except ClientError as error:
                received.append(error)

        thread = threading.Thread(target=listen)
        thread.start()
        assert daemon.stop() == 0
        thread.join(20)
        assert "shutting" in str(received[-1]) or "closed" in str(received[-1])


def test_a_client_may_stop_the_daemon(daemon):
    """`daemon stop` waits until it is gone."""
    assert daemon.cli("daemon", "stop").returncode == 0
    assert daemon.process.wait(timeout=20) == 0
    assert daemon.cli("status").returncode == 3
    daemon.process = None


def stop_for_good(home):
    """Stop a daemon that a client started."""
    assert home.cli("daemon", "stop").returncode == 0


def test_the_first_command_starts_a_daemon(sim):
    """Status says how it was started; it keeps running after the command."""
    with open_home({"AIRCHER_AUTOSTART": "1"}) as home:
        home.write_config(f'[providers.work]\nkind="openai"\nbase_url="{sim.url}/v1"\n')
        try:
            home.login("work", KEY)
            done = home.cli("ask", "-m", "work/m", "hello")
            assert (done.returncode, done.stdout) == (0, "hello\n"), done.stderr
            assert json.loads(home.cli("status", "--json").stdout)["started_by"] == "client"
        finally:
            stop_for_good(home)


def test_many_first_commands_start_one_daemon(sim):
    """All of them are served, by the same process."""
    with open_home({"AIRCHER_AUTOSTART": "1"}) as home:
        try:
            started = [home.popen("status", "--json") for _ in range(12)]
            outputs = [process.communicate(timeout=60)[0] for process in started]
            assert len({json.loads(output)["pid"] for output in outputs}) == 1
        finally:
            stop_for_good(home)


def test_without_autostart_the_missing_daemon_is_explained(sim):
    """Exit code 3, and the command that starts it."""
    with open_home() as home:
        done = home.cli("ask", "hello")
        assert done.returncode == 3
        assert "daemon start" in done.stderr


def test_daemon_start_status_restart_stop(sim):
    """The commands of `aircher-cli daemon` work together."""
    with open_home() as home:
        assert home.cli("daemon", "status").returncode == 3
        assert home.cli("daemon", "start").returncode == 0
        first = json.loads(home.cli("daemon", "status", "--json").stdout)["pid"]
        assert home.cli("daemon", "start").returncode == 0
        assert home.cli("daemon", "restart").returncode == 0
        assert json.loads(home.cli("daemon", "status", "--json").stdout)["pid"] != first
        assert home.cli("daemon", "stop").returncode == 0
        assert home.cli("daemon", "status").returncode == 3


def test_a_daemon_at_another_socket_can_be_found_and_stopped(daemon, tmp_path):
    """A shell with another runtime directory, as after `su`, is not left waiting for its end."""
    other = {"XDG_RUNTIME_DIR": str(tmp_path), "AIRCHER_SOCKET": ""}
    status = daemon.cli("daemon", "status", environ=other)
    assert (status.returncode, "is stopping" in status.stdout) == (3, False)
    assert f"serves {daemon.socket}" in " ".join(status.stdout.split())
    stopped = daemon.cli("daemon", "stop", environ=other)
    assert stopped.stdout == f"✓ aircherd (process {daemon.process.pid}) has stopped\n"
    assert daemon.process.wait(timeout=20) == 0


def test_a_displaced_socket_ends_the_daemon(daemon):
    """It is unreachable then, so it exits to make room for another."""
    daemon.socket.unlink()
    assert daemon.process.wait(timeout=20) == 0
    assert "socket_displaced" in daemon.log()


def test_a_chat_while_draining_is_refused_with_its_own_code(daemon, sim):
    """With this code the client retries with the next daemon."""
    daemon.login("work", KEY)
    sim.faults.add(Fault("stall", after=1, seconds=1.5))
    asked = daemon.popen("ask", "-m", "work/m", "one two three")
    assert asked.stdout.read(3) == "one"
    with daemon.client() as client:
        client.call("ping")
        daemon.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "stopping" in daemon.log(), "the daemon drains")
        with pytest.raises(DaemonError) as caught:
            client.call("ping")
        assert caught.value.code == "shutting_down"
    asked.communicate(timeout=20)


def test_help_and_version_need_no_daemon():
    """And do not start one."""
    with open_home() as home:
        for arguments in (["--help"], ["--version"], ["ask", "--help"], ["config", "path"]):
            done = home.cli(*arguments)
            assert (done.returncode, bool(done.stdout)) == (0, True), arguments
    assert isinstance(done, subprocess.CompletedProcess)
