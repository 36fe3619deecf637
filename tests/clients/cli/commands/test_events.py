"""`aircher-cli events`."""

import json
import signal

import pytest

from helpers.daemon.cli import run_cli, start_program
from helpers.daemon.cli_daemon import CliDaemon, Map, Session


def subscribe(session: Session, msgid: int, params: Map) -> object:
    session.event("config", ok=True)
    return {"snapshot": {}, "seq": 0}


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_events_come_as_they_happen_until_ctrl_c(daemon: CliDaemon, words: tuple[str, ...]) -> None:
    """Each event is a line at once; Ctrl-C ends it quietly with 130."""
    daemon.answers["events.subscribe"] = subscribe
    with start_program(daemon.environ, "events", *words) as program:
        assert program.stdout is not None
        line = program.stdout.readline()
        program.send_signal(signal.SIGINT)
        _, errors = program.communicate(timeout=20)
    assert (program.returncode, errors) == (130, b"")
    if words:
        assert json.loads(line)["topic"] == "config"
    else:
        assert line.endswith(b"config    loaded\n")
    assert daemon.params_of("events.subscribe") == {
        "topics": ["auth", "provider", "attempt", "usage", "config", "models"]
    }


def test_a_topic(daemon: CliDaemon) -> None:
    """Only topics that exist can be asked for."""
    outcome = run_cli(daemon.environ, "events", "--topic", "weather")
    assert (outcome.code, daemon.calls) == (2, [])
    assert "weather" in outcome.err


def test_the_end_of_the_daemon_is_exit_code_3(daemon: CliDaemon) -> None:
    """When the daemon goes away there is nothing more to wait for."""

    def leave(session: Session, msgid: int, params: Map) -> object:
        session.event("config", ok=True)
        session.send(1, msgid, None, {"snapshot": {}, "seq": 0})
        session.sock.shutdown(2)
        return None

    daemon.answers["events.subscribe"] = leave
    outcome = run_cli(daemon.environ, "events", "--topic", "config")
    assert outcome.code == 3
    assert outcome.out.endswith("config    loaded\n")
    assert outcome.err.startswith("aircher-cli: ")
