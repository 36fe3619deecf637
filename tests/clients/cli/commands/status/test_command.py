"""`aircher-cli status`."""

import json
import signal

from helpers.daemon.cli import run_cli, start_program
from helpers.daemon.cli_daemon import CliDaemon, Map
from helpers.daemon.real_daemon import wait_until

REPORT: Map = {"rows": [], "totals": {"cost": "1.5"}}


def answer(daemon: CliDaemon, **changes: object) -> Map:
    """Let the daemon answer the calls of `status`, and return its own answer."""
    status: Map = {"version": "1", "pid": 7, "uptime_s": 5, "log": f"{daemon.home}/x.log"}
    daemon.answers["status"] = status | changes
    daemon.answers["limits.status"] = {"limits": [{"limit": "all", "share": 0.5}]}
    daemon.answers["usage.report"] = REPORT
    daemon.answers["route.explain"] = {"sign_in": {"providers": []}}
    daemon.answers["events.subscribe"] = {"snapshot": {"provider": []}}
    return status | changes


def test_a_screen_for_a_person(daemon: CliDaemon) -> None:
    """The daemon, its log, limits and spend."""
    answer(daemon)
    outcome = run_cli(daemon.environ, "status")
    assert outcome.code == 0
    assert outcome.out.splitlines()[0] == "aircherd 1 is running (process 7, up 5 s)"
    assert "~/x.log" in outcome.out
    assert "$1.50 this month" in outcome.out
    assert "50%" in outcome.out


def test_json_has_the_daemons_answer_and_more(daemon: CliDaemon) -> None:
    """What scripts read before stays; limits, spend and cooldowns have keys of their own."""
    status = answer(daemon)
    printed = json.loads(run_cli(daemon.environ, "status", "--json").out)
    assert printed.items() >= status.items()
    assert printed["limits"] == [{"limit": "all", "share": 0.5}]
    assert printed["spend"]["month"] == {"cost": "1.5"}
    assert printed["cooling"] == []
    assert "unavailable" not in printed


def test_watch_without_a_terminal_prints_a_block_for_each_change(daemon: CliDaemon) -> None:
    """With its time; Ctrl-C interrupts it."""
    answer(daemon)
    with start_program(daemon.environ, "status", "--watch") as program:
        assert program.stdout is not None
        lines = [program.stdout.readline().decode() for _ in range(2)]
        answer(daemon, version="2")
        daemon.sessions[-1].event("config", ok=True)
        while "aircherd 2 is running" not in lines[-1]:
            lines.append(program.stdout.readline().decode())
        program.send_signal(signal.SIGINT)
        _, errors = program.communicate(timeout=20)
    assert lines[0].startswith("20")
    assert lines[1].startswith("aircherd 1 is running")
    assert (program.returncode, errors) == (130, b"")


def test_watch_as_json_prints_an_object_for_each_change(daemon: CliDaemon) -> None:
    """One per line with the time, for scripts; an event without a change prints nothing."""
    answer(daemon)
    with start_program(daemon.environ, "status", "--watch", "--json") as program:
        assert program.stdout is not None
        first = json.loads(program.stdout.readline())
        daemon.sessions[-1].event("config", ok=True)
        wait_until(lambda: daemon.methods.count("usage.report") == 2, "the event was read")
        answer(daemon, version="2")
        daemon.sessions[-1].event("config", ok=True)
        second = json.loads(program.stdout.readline())
        program.send_signal(signal.SIGINT)
        rest, errors = program.communicate(timeout=20)
    assert (first["version"], second["version"]) == ("1", "2")
    assert first["at"] < second["at"]
    assert (program.returncode, rest, errors) == (130, b"", b"")


def test_a_closed_pipe_ends_the_watch_at_once(daemon: CliDaemon) -> None:
    """As in `status --watch | head -1`, where no change may come for hours."""
    answer(daemon)
    with start_program(daemon.environ, "status", "--watch") as program:
        assert program.stdout is not None
        program.stdout.readline()
        program.stdout.close()
        assert program.wait(20) == 141


def test_watch_asks_for_the_keyring_once(daemon: CliDaemon) -> None:
    """A program is started for its state, so it is not asked for with every event."""
    answer(daemon, keyring={"state": "locked", "reason": "x"})
    with start_program(daemon.environ, "status", "--watch", "--json") as program:
        assert program.stdout is not None
        program.stdout.readline()
        answer(daemon, version="2")
        daemon.sessions[-1].event("config", ok=True)
        second = json.loads(program.stdout.readline())
        program.send_signal(signal.SIGINT)
        program.communicate(timeout=20)
    asked = [params for name, params in daemon.calls if name == "status"]
    assert asked == [{}, {"keyring": False}]
    assert second["keyring"] == {"state": "locked", "reason": "x"}


def test_a_daemon_that_cannot_be_reached_is_exit_code_3(daemon: CliDaemon) -> None:
    """The first connection is needed; only later losses are waited out."""
    environ = {**daemon.environ, "AIRCHER_SOCKET": str(daemon.home / "none" / "x.sock")}
    assert run_cli(environ, "status", "--watch").code == 3
