"""Another version of the daemon, and an installation that is removed or replaced while it runs."""

import json
import signal
import threading
import time

import pytest

from aircher_client import Client
from aircher_wire.version import __version__
from aircherd.testing.simulator import Fault
from helpers.daemon.installations import EAGER, Installation
from helpers.daemon.real_daemon import home as open_home
from helpers.daemon.real_daemon import wait_until

KEY = "canary-work-0123456789abcdef"
EAGER_DAEMON = ("-c", f"import sys; {EAGER}from aircherd.__main__ import main; sys.exit(main())")
LAZY_DAEMON = ("-m", "aircherd")


@pytest.fixture
def old(home):
    """A second installation, of an earlier version."""
    return Installation(home.root / "old", "0.0.7")


def restart_notice(version):
    return f"aircherd {version} is running, and this is aircher-cli {__version__}"


def stop(home):
    """Stop a daemon that a client started."""
    assert home.cli("daemon", "stop").returncode == 0


def test_an_older_daemon_is_used_and_named(home, old, sim):
    """Each command says it once and works; `daemon restart` starts the new version."""
    home.start(old.environ)
    home.login("work", KEY)
    done = home.cli("ask", "-m", "work/m", "hello")
    assert (done.returncode, done.stdout) == (0, "hello\n")
    assert done.stderr.count(restart_notice("0.0.7")) == 1
    assert "daemon restart" in done.stderr
    restarted = home.cli("daemon", "restart")
    assert (restarted.returncode, restarted.stderr) == (0, "")
    assert f"aircherd {__version__} is running" in restarted.stdout
    assert home.cli("ask", "-m", "work/m", "hello").stderr == ""
    stop(home)


def test_a_method_that_an_older_daemon_does_not_know(home, old):
    """The error has the reason and the cure, with `--json` too."""
    table = old.folder / "aircherd" / "api" / "methods.py"
    text = table.read_text()
    assert "    methods.USAGE_REPORT: " in text
    table.write_text(text.replace("    methods.USAGE_REPORT: ", '    "usage.earlier": '))
    home.start(old.environ)
    done = home.cli("usage")
    assert done.returncode == 1
    assert done.stderr.count(restart_notice("0.0.7")) == 1
    error = json.loads(home.cli("usage", "--json").stdout)["error"]
    assert error["code"] == "unknown_method"
    assert restart_notice("0.0.7") in error["message"]


def test_a_removed_installation_goes_on_with_what_it_has_loaded(home, old, sim):
    """Requests are answered, commands and the log say what happened, and it can be replaced."""
    home.start(old.environ, program=EAGER_DAEMON)
    home.login("work", KEY)
    # The key is known now; another start loads what its provider needs.
    wait_until(lambda: '"preloaded"' in home.log(), "the first one has loaded what it needs")
    assert home.stop() == 0
    home.start(old.environ, program=EAGER_DAEMON)
    wait_until(lambda: home.log().count('"preloaded"') == 2, "it is loaded")
    old.remove()
    done = home.cli("ask", "-m", "work/m", "hello")
    assert (done.returncode, done.stdout) == (0, "hello\n"), done.stderr
    assert f"the installation of the running aircherd 0.0.7 was removed ({old.folder})" in (
        done.stderr
    )
    assert "installation_gone" in home.log()
    assert home.cli("daemon", "restart").returncode == 0
    assert home.process.wait(timeout=30) == 0
    assert home.cli("ask", "-m", "work/m", "hello").stderr == ""
    assert "Traceback" not in home.log()
    stop(home)


def test_a_removed_installation_says_what_it_cannot_load(home, old, sim):
    """A sentence, not the name of a module; and the daemon can be stopped."""
    home.start(old.environ, program=LAZY_DAEMON)
    home.login("work", KEY)
    old.remove()
    done = home.cli("config", "show")
    assert done.returncode == 1
    assert "the installation of the running aircherd 0.0.7 was removed" in done.stderr
    assert "ModuleNotFoundError" not in done.stderr
    stopped = home.cli("daemon", "stop")
    assert (stopped.returncode, stopped.stderr) == (0, "")
    assert home.process.wait(timeout=30) == 0


@pytest.mark.parametrize("program", [EAGER_DAEMON, LAZY_DAEMON])
def test_a_removed_installation_does_not_end_the_daemon(home, old, sim, program):
    """Whatever happens: a changed configuration, a bad one, a failing provider, a new key."""
    good = home.config_file.read_text()
    home.start({**old.environ, "WORK_KEY": KEY}, program=program)
    wait_until(lambda: program is LAZY_DAEMON or '"preloaded"' in home.log(), "it is loaded")
    old.remove()
    sim.faults.add(Fault("error", error="server"))
    home.cli("ask", "-m", "work/m", "hello")
    for text in (f'{good}\n[models.new]\nroutes = ["work/m"]\n', "nonsense = 1\n", good):
        home.write_config(text)
        home.process.send_signal(signal.SIGHUP)
        time.sleep(1.2)  # the watcher notices it, too
    (home.root / ".aircher" / "environment").write_text("SPARE_KEY=x\n")
    for command in (
        ("config", "reload"),
        ("config", "set", "fallback.max_attempts", "5"),
        ("models", "refresh"),
        ("auth", "status"),
        ("usage",),
        ("status",),
    ):
        done = home.cli(*command)
        assert "ModuleNotFoundError" not in done.stderr, command
        assert done.returncode in (0, 1, 5), (command, done.stderr)
    home.login("work", KEY, "--no-verify")
    assert home.cli("daemon", "stop").returncode == 0
    assert home.process.wait(timeout=30) == 0


def test_a_replaced_installation_is_named(home, old):
    """A client without a version of its own, such as an editor, gets it from the daemon."""
    home.start(old.environ)
    old.set_version("0.0.8")
    with home.client() as client:
        client.call("ping")
        codes = {notice["code"] for notice in client.server["notices"]}
        status = client.call("status", {"keyring": False})
    assert codes == {"installation_replaced"}
    assert [notice["code"] for notice in status["notices"]] == ["installation_replaced"]
    shown = home.cli("status")
    assert "\n⚠ the installation of the running aircherd 0.0.7 was replaced by" in shown.stdout
    assert "installation" not in shown.stderr
    assert "replaced by version 0.0.8" in home.log()


def test_a_restart_loses_no_request(home, sim):
    """20 requests under way are answered, and so are 20 that are sent during the restart."""
    home.environ["AIRCHER_AUTOSTART"] = "1"
    home.start()
    home.login("work", KEY)
    sim.faults.add(Fault("stall", after=1, seconds=3.0, times=20))
    answers = []

    def ask(text):
        request = {"model": "work/m", "messages": [{"role": "user", "content": text}]}
        with Client.connect(home.environ) as client:
            content = client.chat(request)["message"]["content"]
        answers.append(content if isinstance(content, str) else content[0]["text"])

    def start(text):
        threads = [threading.Thread(target=ask, args=(text,)) for _ in range(20)]
        for thread in threads:
            thread.start()
        return threads

    early = start("one two three")
    wait_until(
        lambda: sum(r.endpoint == "chat" for r in sim.requests) == 20, "all requests are under way"
    )
    restart = home.popen("daemon", "restart", "--json")
    wait_until(lambda: "draining" in home.log(), "the old daemon drains")
    late = start("sent during the restart")
    for thread in (*early, *late):
        thread.join(60)
    out, err = restart.communicate(timeout=60)
    assert restart.returncode == 0, err
    assert sorted(answers) == ["one two three"] * 20 + ["sent during the restart"] * 20
    assert json.loads(out)["pid"] != home.process.pid
    assert home.process.wait(timeout=30) == 0
    stop(home)


def test_a_draining_daemon_can_be_hurried(home, sim):
    """`daemon stop` waits for it, `daemon status` says so, and `daemon stop --now` ends it."""
    home.start()
    home.login("work", KEY)
    sim.faults.add(Fault("stall", after=1, times=None))
    asked = home.popen("ask", "-m", "work/m", "one two three")
    assert asked.stdout.read(3) == "one"
    waiting = home.popen("daemon", "stop")
    wait_until(lambda: "draining" in home.log(), "the daemon drains")
    status = home.cli("daemon", "status")
    assert status.returncode == 3
    assert f"aircherd (process {home.process.pid}) is stopping" in status.stdout
    assert home.cli("daemon", "stop", "--now").returncode == 0
    assert home.process.wait(timeout=30) == 0
    assert waiting.wait(timeout=30) == 0
    assert asked.wait(timeout=30) == 5


def test_without_a_daemon_nothing_is_stopped():
    """An old lock file is no daemon."""
    with open_home() as home:
        home.start()
        home.process.kill()
        home.process.wait()
        assert home.cli("daemon", "stop").stdout == "aircherd is not running\n"
