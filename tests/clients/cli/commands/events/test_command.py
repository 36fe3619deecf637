"""`aircher-cli events`."""

import json
import signal
import time

import pytest

from helpers.daemon.cli import run_cli, start_program
from helpers.daemon.cli_daemon import CliDaemon, Map, Session, refuses

NOW = time.time()
FAILED: Map = {
    "at": NOW - 60,
    "provider": "work",
    "model": "large",
    "key": "default",
    "client": "nvim",
    "outcome": "rate_limited",
    "ms": 1200,
    "then": {"provider": "spare", "model": "small", "outcome": "ok"},
}


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
        rest, errors = program.communicate(timeout=20)
    assert (program.returncode, rest, errors) == (130, b"", b"")
    if words:
        assert json.loads(line)["topic"] == "config"
    else:
        assert line.endswith(b"config    loaded\n")
    assert daemon.params_of("events.subscribe") == {
        "topics": ["auth", "provider", "attempt", "usage", "config", "models", "shared"]
    }


@pytest.mark.parametrize("words", [(), ("--since", "1h", "--follow")])
def test_a_closed_pipe_ends_it_at_once(daemon: CliDaemon, words: tuple[str, ...]) -> None:
    """As in `events | head -1`, where no further event may come for hours."""
    daemon.answers["events.subscribe"] = subscribe
    daemon.answers["attempts.list"] = {"rows": []}
    with start_program(daemon.environ, "events", *words) as program:
        assert program.stdout is not None
        program.stdout.readline()
        program.stdout.close()
        assert program.wait(20) == 141


@pytest.mark.parametrize(
    "words",
    [
        ("--topic", "weather"),
        ("--until", "today"),
        ("--follow",),
        ("--since", "1h", "--until", "today", "--follow"),
        ("--since", "1h", "--topic", "auth"),
        ("--since", "soon"),
        ("--since", "1h", "--until", "2020-01-01"),
        ("--since", "1h", "--limit", "0"),
        ("--since", "1h", "--limit", "1001"),
        ("--outcome", "rate_limit"),
    ],
)
def test_wrong_options_are_refused(daemon: CliDaemon, words: tuple[str, ...]) -> None:
    """Before the daemon is asked."""
    outcome = run_cli(daemon.environ, "events", *words)
    assert (outcome.code, daemon.calls) == (2, [])
    assert [word for word in words if word.startswith("--") and word in outcome.err]


def test_an_outcome_is_suggested(daemon: CliDaemon) -> None:
    """A typo would look like a day without failures."""
    outcome = run_cli(daemon.environ, "events", "--outcome", "rate_limit")
    assert "did you mean rate_limited?" in outcome.err


def test_a_filter_by_outcome_is_about_attempts(daemon: CliDaemon) -> None:
    """No other topic has outcomes."""
    daemon.answers["events.subscribe"] = refuses("internal", "enough")
    run_cli(daemon.environ, "events", "--outcome", "failed")
    assert daemon.params_of("events.subscribe") == {"topics": ["attempt"]}


def test_a_daemon_that_refuses_a_topic_ends_it(daemon: CliDaemon) -> None:
    """Waiting would not help."""
    daemon.answers["events.subscribe"] = refuses("bad_request", "no topic models")
    outcome = run_cli(daemon.environ, "events")
    assert outcome.code == 1
    assert "no topic models" in outcome.err


# ------------------------------------------------------------------ the history


def test_the_history_shows_what_failed_and_what_answered(daemon: CliDaemon) -> None:
    """Without the list of all that worked."""
    daemon.answers["attempts.list"] = {"rows": [FAILED], "ledger": {"state": "ok"}}
    outcome = run_cli(daemon.environ, "events", "--since", "1h")
    headline, line = outcome.out.splitlines()
    assert headline.startswith("1 failed attempt since ")
    assert line.split("  ", 2)[1:] == [
        "nvim",
        "work/large limited the rate after 1.2 s → spare/small answered",
    ]
    assert (outcome.code, outcome.err) == (0, "")
    params = daemon.params_of("attempts.list")
    assert params.items() >= {"failed": True, "limit": 200}.items()


def test_all_attempts_of_one_provider(daemon: CliDaemon) -> None:
    """What answered then has a line of its own there."""
    answered: Map = {"at": NOW, "provider": "spare", "model": "small", "outcome": "ok", "ms": 40}
    daemon.answers["attempts.list"] = {"rows": [FAILED, answered], "more": True}
    words = ("--since", "today", "--outcome", "all", "--provider", "work", "--limit", "2")
    outcome = run_cli(daemon.environ, "events", *words)
    assert "→" not in outcome.out
    assert outcome.out.startswith("the newest 2 of the attempts of work since ")
    assert "there are older ones" in outcome.err
    params = daemon.params_of("attempts.list")
    assert (params["provider"], params["limit"]) == ("work", 2)
    assert "failed" not in params


def test_an_hour_without_failures_says_so(daemon: CliDaemon) -> None:
    """An empty output would look like an error."""
    daemon.answers["attempts.list"] = {"rows": []}
    outcome = run_cli(daemon.environ, "events", "--since", "1h", "--outcome", "timeout")
    assert outcome.out.startswith("no attempt with the outcome timeout since ")
    assert daemon.params_of("attempts.list")["outcome"] == "timeout"


def test_what_the_list_lacks_is_on_standard_error(daemon: CliDaemon) -> None:
    """Also for scripts."""
    ledger = {"state": "degraded", "reason": "the disk is full"}
    daemon.answers["attempts.list"] = {"rows": [], "kept_since": NOW, "ledger": ledger}
    outcome = run_cli(daemon.environ, "events", "--since", "1h", "--json")
    assert outcome.out == ""
    assert "were removed; 'aircher-cli usage' has their sums" in outcome.err
    assert "attempts may be missing: the disk is full" in outcome.err


def test_the_history_as_json_has_the_form_of_events(daemon: CliDaemon) -> None:
    """One object per line, with the topic."""
    daemon.answers["attempts.list"] = {"rows": [FAILED]}
    outcome = run_cli(daemon.environ, "events", "--since", "1h", "--json")
    assert json.loads(outcome.out) == {"topic": "attempt", **FAILED}


def test_after_the_history_events_go_on(daemon: CliDaemon) -> None:
    """None of them twice, though it was subscribed before the history was read."""
    attempt = {name: FAILED[name] for name in ("provider", "model", "key", "outcome", "ms")}

    def listed(session: Session, msgid: int, params: Map) -> object:
        session.event("attempt", **attempt)
        session.event("attempt", **{**attempt, "ms": 7})
        return {"rows": [FAILED]}

    daemon.answers["events.subscribe"] = {"snapshot": {}}
    daemon.answers["attempts.list"] = listed
    words = ("events", "--since", "1h", "--follow", "--json")
    with start_program(daemon.environ, *words) as program:
        assert program.stdout is not None
        first, second = (json.loads(program.stdout.readline()) for _ in range(2))
        # Later the same may happen again; what answered is not shown, as in the history.
        daemon.sessions[-1].event("attempt", **{**attempt, "outcome": "ok"})
        daemon.sessions[-1].event("attempt", **attempt)
        third = json.loads(program.stdout.readline())
        program.send_signal(signal.SIGINT)
        program.communicate(timeout=20)
    assert "then" in first
    assert (second["ms"], third["ms"], third["outcome"]) == (7, 1200, "rate_limited")
    assert daemon.methods[:2] == ["events.subscribe", "attempts.list"]


# ------------------------------------------------------------------ a restart


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_events_go_on_with_the_next_daemon(daemon: CliDaemon, words: tuple[str, ...]) -> None:
    """What happened is on standard error; a script learns that it has missed events."""

    def leave_once(session: Session, msgid: int, params: Map) -> object:
        if len(daemon.sessions) == 1:
            session.send(1, msgid, None, {"snapshot": {}})
            session.sock.shutdown(2)
            return None
        return subscribe(session, msgid, params)

    daemon.answers["events.subscribe"] = leave_once
    interrupted: Map = {**FAILED, "at": time.time() + 60, "outcome": "unknown", "ms": None}
    daemon.answers["attempts.list"] = {"rows": [FAILED, interrupted]}
    with start_program(daemon.environ, "events", *words) as program:
        assert program.stdout is not None
        lines = [program.stdout.readline() for _ in range(3 if words else 2)]
        program.send_signal(signal.SIGINT)
        _, errors = program.communicate(timeout=20)
    if words:
        topics = [json.loads(line)["topic"] for line in lines]
        assert topics == ["attempt", "reconnected", "config"]
    else:
        assert b"work/large was interrupted: the daemon ended meanwhile\n" in lines[0]
        assert lines[1].endswith(b"config    loaded\n")
    assert errors.decode().splitlines() == [
        "aircher-cli: the daemon stopped; waiting for the next one",
        "aircher-cli: the daemon is back; what the ledger has of the meantime: 1 attempt",
    ]
    assert program.returncode == 130


def test_a_ledger_that_cannot_be_read_is_no_reason_to_end(daemon: CliDaemon) -> None:
    """What happens from now on is shown all the same; other topics need no ledger."""

    def leave_once(session: Session, msgid: int, params: Map) -> object:
        if len(daemon.sessions) in {1, 3}:
            session.send(1, msgid, None, {"snapshot": {}})
            session.sock.shutdown(2)
            return None
        return subscribe(session, msgid, params)

    daemon.answers["events.subscribe"] = leave_once
    daemon.answers["attempts.list"] = refuses("internal", "the disk is full")
    for words, note in (
        ((), "; attempts meanwhile cannot be read: the disk is full"),
        (("--topic", "auth"), ""),
    ):
        with start_program(daemon.environ, "events", *words) as program:
            assert program.stdout is not None
            assert b"config" in program.stdout.readline()
            program.send_signal(signal.SIGINT)
            _, errors = program.communicate(timeout=20)
        assert errors.decode().splitlines()[1:] == [f"aircher-cli: the daemon is back{note}"]
