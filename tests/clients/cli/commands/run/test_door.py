"""The token of a tool, and what happens to it when the daemon goes."""

import hashlib
import socket

import pytest

from aircher_cli.commands.run import door as door_module
from aircher_cli.commands.run.door import OpenDoor
from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed
from helpers.daemon.cli import Stream
from helpers.daemon.cli_daemon import CliDaemon, Map, Refusal, Session

TOKEN = "ak-air-" + "x" * 32
OPENED: Map = {
    "url": "http://127.0.0.1:4321",
    "port": 4321,
    "token": TOKEN,
    "variables": ["WORK_KEY"],
}


@pytest.fixture
def context(daemon: CliDaemon) -> Context:
    daemon.answers["http.open"] = OPENED
    daemon.answers["events.subscribe"] = {"snapshot": {}}
    return Context(Console(Stream(), Stream(), daemon.environ), daemon.environ, None)


def opens(daemon: CliDaemon) -> list[Map]:
    return [params for method, params in daemon.calls if method == "http.open"]


def end(session: Session, *, with_reason: bool) -> None:
    if with_reason:
        session.send(2, "error", [{"code": "shutting_down", "message": "it is shutting down"}])
    session.sock.shutdown(2)


def wait_until_lost(door: OpenDoor) -> None:
    while door.fileno() is not None:
        door.tend()


def test_a_token_is_open_as_long_as_the_connection(daemon: CliDaemon, context: Context) -> None:
    """It is not closed by itself."""
    door = OpenDoor(context, {"name": "claude"})
    assert (door.url, door.token, door.key_variables) == (OPENED["url"], TOKEN, ["WORK_KEY"])
    door.tend()
    assert door.fileno() is not None
    assert door.retry_seconds is None
    door.close()
    door.close()
    assert daemon.sessions[0].is_closed.wait(5)


def test_a_daemon_on_another_machine_needs_a_forwarded_port(
    daemon: CliDaemon, context: Context
) -> None:
    """Or the tool would have a URL at which nothing listens, or another program."""
    daemon.answers["hello"] = {"protocol": 1, "host": "buildbox"}
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        daemon.answers["http.open"] = {**OPENED, "port": port}
        with pytest.raises(CommandFailed, match=f"-R {port}:127.0.0.1:{port}"):
            OpenDoor(context, {"name": "claude"})

        listening.listen()
        OpenDoor(context, {"name": "claude"}).close()


@pytest.mark.parametrize("with_reason", [True, False])
def test_after_a_restart_the_same_token_is_opened(
    daemon: CliDaemon, context: Context, with_reason: bool
) -> None:
    """By its digest, and at the same port; the token itself is not sent."""
    door = OpenDoor(context, {"name": "claude", "model": "sonnet"})
    end(daemon.sessions[0], with_reason=with_reason)
    wait_until_lost(door)
    assert door.retry_seconds == door_module.RETRY_SECONDS
    door.tend()
    assert door.fileno() is not None
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    assert opens(daemon)[1:] == [
        {"name": "claude", "model": "sonnet", "digest": digest, "port": 4321}
    ]
    assert TOKEN not in str(daemon.calls)
    door.close()


def test_a_note_says_once_if_it_does_not_come_back(
    daemon: CliDaemon, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what to do; and it goes on as soon as the daemon runs."""
    door = OpenDoor(context, {"name": "claude"})
    end(daemon.sessions[0], with_reason=True)
    wait_until_lost(door)

    def refuse(*_: object) -> None:
        raise Refusal("internal", "port 4321 cannot be opened: in use")

    daemon.answers["http.open"] = refuse
    err = context.console._err
    door.tend()
    assert err.text == ""
    monkeypatch.setattr(door_module, "PATIENT_SECONDS", 0.0)
    door.tend()
    door.tend()
    assert err.text.count("the tool cannot reach aircher: port 4321 cannot be opened") == 1
    daemon.answers["http.open"] = {"port": 4321}
    door.tend()
    assert door.fileno() is not None
    door.close()


def test_a_token_that_another_program_may_have_stays_closed(
    daemon: CliDaemon, context: Context
) -> None:
    """It listens where the daemon did, and was sent what the tool sent; then it leaves the port."""
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        daemon.answers["http.open"] = {**OPENED, "port": port}
        door = OpenDoor(context, {"name": "claude"})
        end(daemon.sessions[0], with_reason=False)
        wait_until_lost(door)

        def refuse(*_: object) -> None:
            raise Refusal("internal", f"port {port} cannot be opened: in use")

        daemon.answers["http.open"] = refuse
        door.tend()
    assert f"another program listens at port {port}" in context.console._err.text
    daemon.answers["http.open"] = {"port": port}
    asked = len(opens(daemon))
    door.tend()
    assert len(opens(daemon)) == asked
    assert (door.fileno(), door.retry_seconds) == (None, None)
    door.close()
