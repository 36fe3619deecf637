"""`status --watch`, `usage --watch` and `events` with a real daemon, also over its restart.

The terminal is tmux's, with a shell, because what matters is how the user's terminal is left.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aircher_client.lock_holder import is_gone
from aircherd.testing.simulator import Fault, Simulator
from helpers.daemon.cli import start_program
from helpers.daemon.real_daemon import Home, wait_until
from helpers.screen.tmux import Tmux

KEY = "canary-work-0123456789abcdef"
SPARE = "canary-spare-0123456789abcdef"
CLI = f"{sys.executable} -m aircher_cli"

MORE = """
[[limits]]
requests = 20
per = "day"
"""


@pytest.fixture
def home(home: Home) -> Home:
    """The usual home with a default chain and a limit."""
    home.write_config('default_model = "chain"\n' + home.config_file.read_text() + MORE)
    return home


@pytest.fixture
def terminal(daemon: Home) -> Iterator[Tmux]:
    """A shell with the environment of the home, and a running daemon."""
    with Tmux(daemon.environ) as made:
        yield made


def watch(terminal: Tmux, command: str = "status --watch") -> str:
    """Start a view; return what it shows first."""
    terminal.enter(f'{CLI} {command}; echo "code $?"')
    return terminal.wait_for("q leaves")


def limit_rate(sim: Simulator) -> None:
    """Let the next request be refused for half a minute."""
    sim.faults.add(Fault(kind="error", error="rate_limit", vendor="openai", retry_after=30))


# ------------------------------------------------------------------ what is shown


def test_the_screen_follows_what_happens(daemon: Home, terminal: Tmux, sim: Simulator) -> None:
    """Signing in, a request, a cooldown that counts down, and a change of the configuration."""
    terminal.resize(80, 40)  # with fewer rows, limits below 80% are folded
    assert "○ work    not signed in" in watch(terminal)
    daemon.login("work", KEY)
    daemon.login("spare", SPARE)
    terminal.wait_for("✓ work    ready", "default   chain: work/gpt-5.5 → spare/claude-sonnet-5")
    limit_rate(sim)
    daemon.cli("ask", "hello you")
    text = terminal.wait_for("cooling, available in", "2 requests, 1 failed", "10%")
    assert "default   chain: spare/claude-sonnet-5" in text
    first = text.partition("available in ")[2].split()[0]
    terminal.wait_without(f"available in {first} s")
    daemon.cli("config", "unset", "default_model")
    terminal.wait_without("chain: ")


def test_the_view_waits_for_the_next_daemon(daemon: Home, terminal: Tmux) -> None:
    """It says so, and goes on by itself."""
    watch(terminal)
    daemon.login("work", KEY)
    terminal.wait_for("✓ work    ready")
    daemon.stop()
    terminal.wait_for("⚠ the daemon stopped; waiting for the next one", "✓ work    ready")
    daemon.start()
    text = terminal.wait_without("the daemon stopped")
    assert daemon.process is not None
    assert f"process {daemon.process.pid}" in text


def test_a_stopped_daemon_is_not_started_by_a_view(home: Home) -> None:
    """`daemon stop` keeps its effect, though commands start the daemon in this home."""
    environ = {**home.environ, "AIRCHER_AUTOSTART": "1"}
    with Tmux(environ) as terminal:
        pid = int(watch(terminal).partition("process ")[2].partition(",")[0])
        try:
            done = home.cli("daemon", "stop", environ=environ)
            assert done.returncode == 0, done.stderr
            terminal.wait_for("the daemon stopped")
            time.sleep(1.5)  # some attempts to connect
            assert home.cli("daemon", "status").returncode == 3
        finally:
            home.cli("daemon", "stop")
            # Its home is removed next, and it may still be writing.
            wait_until(lambda: is_gone(pid), "the daemon has ended")


def test_usage_follows_each_request(daemon: Home, terminal: Tmux) -> None:
    """The table grows with the requests of others."""
    daemon.login("spare", SPARE)
    terminal.enter(f'{CLI} usage --watch --since today; echo "code $?"')
    terminal.wait_for("no usage")
    for number in (1, 2):
        daemon.cli("ask", "-m", "spare/claude-sonnet-5", "hello")
        terminal.wait_for(f"claude-sonnet-5         {number}")
    terminal.press("q")
    terminal.wait_for("code 0")


def test_a_small_terminal_counts_what_does_not_fit(daemon: Home) -> None:
    """Nothing wraps around; a larger one shows more at once."""
    with Tmux(daemon.environ, columns=40, rows=15) as terminal:
        lines = watch(terminal).splitlines()
        assert len(lines) == 15
        assert max(map(len, lines)) <= 40
        assert lines[12].startswith("… ")
        assert "more lines" in lines[12]
        terminal.resize(100, 50)
        terminal.wait_without("more lines")
        terminal.resize(20, 5)
        terminal.wait_for("more lines")
        terminal.resize(60, 12)
        terminal.wait_for("q leaves")
        terminal.press("q")
        terminal.wait_for("code 0")
        terminal.enter(f"clear; {CLI} status")
        text = terminal.wait_for("more lines: aircher-cli status | less")
        assert text.splitlines()[0].startswith("aircherd ")  # nothing has scrolled away


# ------------------------------------------------------------------ how the terminal is left


@pytest.mark.parametrize("key", ["q", "Escape", "C-c", "C-d"])
def test_leaving_restores_the_terminal(terminal: Tmux, key: str) -> None:
    """The shell's lines are back, its settings too, and the exit code is that of `top`."""
    settings = terminal.output_of("stty -g")
    terminal.enter("echo before")
    watch(terminal)
    assert terminal.has_alternate_screen
    terminal.press(key)
    text = terminal.wait_for("code 0")
    assert "before" in text
    assert "aircherd" not in text.replace("aircherd.log", "")
    assert not terminal.has_alternate_screen
    assert terminal.output_of("stty -g") == settings


def test_ctrl_z_and_fg(daemon: Home, terminal: Tmux) -> None:
    """The shell can be used meanwhile, and the view goes on where it was."""
    settings = terminal.output_of("stty -g")
    watch(terminal)
    for _ in range(2):
        terminal.press("C-z")
        terminal.wait_for("Stopped")
        assert not terminal.has_alternate_screen
        assert terminal.output_of("stty -g") == settings
        daemon.login("work", KEY)
        terminal.enter("fg")
        terminal.wait_for("✓ work    ready", "q leaves")
        assert terminal.has_alternate_screen
    terminal.press("q")
    wait_until(lambda: not terminal.has_alternate_screen, "the view has ended")
    assert terminal.output_of("stty -g") == settings


def test_bg_and_fg(daemon: Home, terminal: Tmux) -> None:
    """In the background it stops, as it draws on the terminal; the shell's modes are not kept."""
    settings = terminal.output_of("stty -g")
    pid = watch_as_process(daemon, terminal)
    terminal.press("C-z")
    terminal.wait_for("Stopped")
    terminal.enter("bg")
    wait_until(lambda: Path(f"/proc/{pid}/stat").read_text().split()[2] == "T", "it has stopped")
    terminal.enter("fg")
    terminal.wait_for("q leaves")
    terminal.press("q")
    wait_until(lambda: not terminal.has_alternate_screen, "the view has ended")
    assert terminal.output_of("stty -g") == settings


def test_requests_that_run_are_counted(daemon: Home, terminal: Tmux, sim: Simulator) -> None:
    """No event says that one began."""
    daemon.login("work", KEY)
    watch(terminal)
    terminal.wait_for("0 active")
    sim.faults.add(Fault(kind="stall", vendor="openai"))
    with start_program(daemon.environ, "ask", "hello") as program:
        terminal.wait_for("1 active")
        program.send_signal(signal.SIGINT)
        program.communicate(timeout=20)
    terminal.wait_for("0 active")


def watch_as_process(daemon: Home, terminal: Tmux) -> int:
    """Start a view; return its process."""
    file = daemon.root / "pid"
    command = f"sh -c 'echo $$ > {file}; exec {CLI} status --watch'"
    terminal.enter(f'{command}; echo "code $?"')
    terminal.wait_for("q leaves")
    return int(file.read_text())


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGQUIT, 131), (signal.SIGINT, 0)],
)
def test_a_signal_restores_the_terminal(
    daemon: Home, terminal: Tmux, number: int, code: int
) -> None:
    """The shell sees that the program ended by the signal."""
    settings = terminal.output_of("stty -g")
    os.kill(watch_as_process(daemon, terminal), number)
    terminal.wait_for(f"code {code}")
    assert not terminal.has_alternate_screen
    assert terminal.output_of("stty -g") == settings


def test_a_view_that_was_stopped_by_another_program_goes_on(daemon: Home, terminal: Tmux) -> None:
    """SIGSTOP cannot be caught, so the terminal is set again when it continues."""
    settings = terminal.output_of("stty -g")
    pid = watch_as_process(daemon, terminal)
    os.kill(pid, signal.SIGSTOP)
    terminal.wait_for("Stopped")
    terminal.enter("fg")
    daemon.login("work", KEY)
    terminal.wait_for("✓ work    ready", "q leaves")
    terminal.press("q")
    wait_until(lambda: not terminal.has_alternate_screen, "the view has ended")
    assert terminal.output_of("stty -g") == settings


def test_a_crash_restores_the_terminal(daemon: Home, terminal: Tmux) -> None:
    """Its message is on the normal screen, and the exit code is not 0."""
    settings = terminal.output_of("stty -g")
    program = daemon.root / "crash.py"
    program.write_text(
        "import sys\n"
        "from aircher_cli import __main__\n"
        "from aircher_cli.commands.status.command import StatusView\n"
        "def fail(self, record, now):\n"
        "    raise ValueError('a bug')\n"
        "StatusView.has_countdown = fail\n"
        "sys.exit(__main__.main(['status', '--watch']))\n"
    )
    terminal.enter(f'{sys.executable} {program}; echo "code $?"')
    text = terminal.wait_for("code 1")
    assert "internal error: ValueError" in text
    assert not terminal.has_alternate_screen
    assert terminal.output_of("stty -g") == settings


def test_a_closed_terminal_ends_the_view(daemon: Home, terminal: Tmux) -> None:
    """It does not stay behind without a screen."""
    pid = watch_as_process(daemon, terminal)
    terminal.close()
    wait_until(lambda: is_gone(pid), "the view has ended")


# ------------------------------------------------------------------ events


def test_events_go_on_after_a_restart(daemon: Home, sim: Simulator) -> None:
    """A script learns that it has missed some. What a killed daemon left comes from the ledger."""
    process = daemon.popen("events", "--json", "--topic", "auth", "--topic", "attempt")
    assert process.stdout is not None
    for number in (signal.SIGTERM, signal.SIGKILL):
        wait_until(lambda: _status(daemon)["clients"] > 1, "it is subscribed")
        daemon.login("work", KEY)
        assert json.loads(process.stdout.readline())["topic"] == "auth"
        if number == signal.SIGKILL:
            sim.faults.add(Fault(kind="stall", vendor="openai"))
            daemon.popen("ask", "-m", "work/gpt-5.5", "hello")
            wait_until(lambda: _status(daemon)["requests"]["active"] == 1, "it is asked")
            with daemon.client() as client:
                client.call("usage.report")  # the ledger writes first what it has
        daemon.stop(number)
        daemon.start()
        if number == signal.SIGKILL:
            left = json.loads(process.stdout.readline())
            assert (left.get("topic"), left.get("outcome")) == ("attempt", "unknown"), left
        assert json.loads(process.stdout.readline())["topic"] == "reconnected"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (130, "")
    assert err.count("the daemon stopped; waiting for the next one") == 2
    assert err.count("the daemon is back\n") == 1
    assert "the daemon is back; what the ledger has of the meantime: 1 attempt\n" in err


def _status(home: Home) -> dict[str, Any]:
    with home.client() as client:
        return client.call("status", {"keyring": False})


def test_the_history_shows_failures_and_what_answered(daemon: Home, sim: Simulator) -> None:
    """From the ledger, also after a restart; with its filters, and as JSON."""
    daemon.login("work", KEY)
    daemon.login("spare", SPARE)
    limit_rate(sim)
    for _ in range(2):
        assert daemon.cli("ask", "hello you").returncode == 0
    daemon.stop()
    daemon.start()
    shown = daemon.cli("events", "--since", "1h").stdout.splitlines()
    assert len(shown) == 2
    assert shown[0].startswith("1 failed attempt since ")
    assert "work/gpt-5.5 limited the rate after " in shown[1]
    assert shown[1].endswith(" → spare/claude-sonnet-5 answered")
    listed = daemon.cli("events", "--since", "today", "--outcome", "all", "--json").stdout
    rows = [json.loads(line) for line in listed.splitlines()]
    assert [row["outcome"] for row in rows] == ["rate_limited", "ok", "ok"]
    assert [row["topic"] for row in rows] == ["attempt"] * 3
    assert rows[0]["then"]["provider"] == "spare"
    none = daemon.cli("events", "--since", "1h", "--provider", "spare").stdout
    assert none.startswith("no failed attempt of spare since ")


def test_status_without_the_keyring_comes_without_it(daemon: Home) -> None:
    """For clients that ask with each event."""
    with daemon.client() as client:
        assert "keyring" in client.call("status")
        assert "keyring" not in client.call("status", {"keyring": False})
