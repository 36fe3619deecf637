"""`aircher-cli daemon restart`."""

import json
import subprocess
import sys

from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon, Map, Session


def test_the_old_one_is_gone_before_the_new_one_is_asked(daemon: CliDaemon) -> None:
    """Stop, wait, start: in this order, and the new one's status is shown."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)

    def shutdown(session: Session, msgid: int, params: Map) -> object:
        child.communicate(b"\n")
        daemon.answers["status"] = {"version": "2", "pid": 8, "uptime_s": 0}
        return {}

    daemon.answers["status"] = {"version": "1", "pid": child.pid}
    daemon.answers["shutdown"] = shutdown
    outcome = run_cli(daemon.environ, "daemon", "restart")
    assert (outcome.code, outcome.out) == (0, "✓ aircherd 2 is running (process 8, up 0 s)\n")
    assert daemon.methods == ["status", "shutdown", "status"]


def test_a_broken_configuration_is_reported(daemon: CliDaemon) -> None:
    """A restart is how many people put a new file into effect."""
    problem = {"file": "/c.toml", "line": 2, "message": "bad"}
    config = {"ok": False, "problem": {"problems": [problem]}}
    daemon.answers |= {"status": {"pid": 2**22 + 1, "config": config}, "shutdown": {}}
    outcome = run_cli(daemon.environ, "daemon", "restart")
    assert outcome.code == 0
    assert outcome.err == "the configuration is invalid:\n  /c.toml:2: bad\n"


def test_json(daemon: CliDaemon) -> None:
    """A script learns whether one ran before."""
    daemon.answers["status"] = {"version": "1", "pid": 2**22 + 1}
    daemon.answers["shutdown"] = {}
    record = json.loads(run_cli(daemon.environ, "daemon", "restart", "--json").out)
    assert (record["stopped"], record["started"]) == (True, True)
