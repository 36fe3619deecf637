"""The client: calls, chats, events, and what it does when the daemon goes away."""

import os
import select
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from aircher_client import (
    Client,
    ConnectionLost,
    DaemonError,
    DaemonUnreachable,
    NoAnswer,
)
from aircher_client.connection import Connection, try_connect
from aircher_wire import frames
from aircher_wire.frames import Notification, Request
from aircher_wire.version import __version__
from helpers.daemon.fake_daemon import ClosedByHandler, FakeDaemon, Peer


def connect(daemon: FakeDaemon) -> Client:
    return Client.connect(daemon.environ, autostart=False)


def delta(request: Request, seq: int, text: str) -> bytes:
    return frames.encode_notification(
        "chat.delta", {"id": request.msgid, "seq": seq, "type": "text", "text": text}
    )


def answer_chat(peer: Peer, request: Request) -> None:
    peer.send(
        delta(request, 0, "hel"), delta(request, 1, "lo"), frames.encode_response(request.msgid, {})
    )


def wait_for_cancel(peer: Peer, request: Request) -> None:
    peer.send(delta(request, 0, "hel"))
    assert peer.next_frame() == Notification("$/cancel", {"id": request.msgid})
    peer.send(delta(request, 1, "late"))
    peer.fail(request, "cancelled")


# ------------------------------------------------------------------------------- calls


def test_hello_is_sent_with_the_first_call(daemon: FakeDaemon) -> None:
    """The client introduces itself once and keeps the daemon's answer."""
    with connect(daemon) as client:
        assert client.server == {}
        assert [client.call("ping"), client.call("ping")] == [{}, {}]
        assert client.server["server"] == {"name": "fake", "version": __version__}
    [hello] = daemon.requests("hello")
    assert daemon.received[0] is hello
    assert hello.params["protocol"] == 1
    assert sorted(hello.params["client"]) == ["name", "version"]  # type: ignore[call-overload]
    assert len(daemon.requests("ping")) == 2


@pytest.mark.parametrize(("project", "sent"), [("/src/blue", {"project": "/src/blue"}), ("", {})])
def test_hello_names_the_project(daemon: FakeDaemon, project: str, sent: dict[str, str]) -> None:
    """Requests are attributed to the project; without one, hello has no `project`."""
    with Client.connect({**daemon.environ, "AIRCHER_PROJECT": project}, autostart=False) as client:
        client.call("ping")
    [hello] = daemon.requests("hello")
    assert {name: hello.params[name] for name in hello.params if name == "project"} == sent


USUAL_BUS = f"unix:path=/run/user/{os.getuid()}/bus"


@pytest.mark.parametrize(
    ("address", "sent"),
    [
        ("unix:abstract=/tmp/dbus-x,guid=7", True),
        (f"{USUAL_BUS};unix:path=/a", True),
        (USUAL_BUS, False),
        ("", False),
        ("unix:path=/\udcff", False),
        ("unix:path=/" + "a" * 4096, False),
    ],
)
def test_hello_has_the_session_bus(daemon: FakeDaemon, address: str, sent: bool) -> None:
    """Not the one that the daemon finds by itself, nor what it would not accept."""
    environ = {**daemon.environ, "DBUS_SESSION_BUS_ADDRESS": address}
    with Client.connect(environ, autostart=False) as client:
        client.call("ping")
    [hello] = daemon.requests("hello")
    assert hello.params.get("session_bus") == (address if sent else None)


def test_hello_has_the_folder_if_it_is_not_the_project(
    daemon: FakeDaemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The configuration may have an entry for it."""
    monkeypatch.chdir(tmp_path)
    with Client.connect({**daemon.environ, "AIRCHER_PROJECT": "x"}, autostart=False) as client:
        client.call("ping")
    [hello] = daemon.requests("hello")
    assert hello.params["folder"] == str(Path.cwd())


def test_hello_is_answered_late(daemon: FakeDaemon) -> None:
    """The response to hello may arrive after that to the call."""
    hellos: list[Request] = []
    daemon.handlers["hello"] = lambda _peer, request: hellos.append(request)

    def ping(peer: Peer, request: Request) -> None:
        peer.reply(request, {"n": 1})
        if hellos:
            peer.reply(hellos.pop(), {"protocol": 1})

    daemon.handlers["ping"] = ping
    with connect(daemon) as client:
        assert client.call("ping") == {"n": 1}
        assert client.call("ping") == {"n": 1}
        assert client.server == {"protocol": 1}


def test_an_error_is_raised(daemon: FakeDaemon) -> None:
    """It has the code, message and data of the response."""
    daemon.handlers["ping"] = lambda peer, request: peer.fail(request, "timeout", "slow", a=1)
    with connect(daemon) as client:
        with pytest.raises(DaemonError, match="slow") as caught:
            client.call("ping")
        assert (caught.value.code, caught.value.data) == ("timeout", {"a": 1})


def test_a_timeout_leaves_the_connection_usable(daemon: FakeDaemon) -> None:
    """A late response to an abandoned call is not taken for that to the next call."""
    late: list[Request] = []
    daemon.handlers["status"] = lambda _peer, request: late.append(request)

    def ping(peer: Peer, request: Request) -> None:
        peer.reply(late.pop(), "late")
        peer.reply(request, "in time")

    daemon.handlers["ping"] = ping
    with connect(daemon) as client:
        with pytest.raises(NoAnswer, match="in time"):
            client.call("status", timeout=0.05)
        assert client.call("ping") == "in time"


def test_a_daemon_that_hangs(daemon: FakeDaemon) -> None:
    """Without a response to hello the call fails, and the error names the process."""
    daemon.handlers["hello"] = daemon.handlers["ping"] = lambda _peer, _request: None

    def find() -> Connection:
        sock = try_connect(str(daemon.path))
        assert sock is not None
        return Connection(sock)

    with (
        Client(find, hello_timeout=0.05) as client,
        pytest.raises(NoAnswer) as caught,
    ):
        client.call("ping")
    pid = os.getpid()  # the fake daemon is a thread of ours
    assert caught.value.message == (
        f"aircherd (process {pid}) accepts connections but does not answer: it hangs or is "
        f"stopped. "
        f"If it is stopped, resume it: kill -CONT {pid}; if it hangs, end it: kill -KILL {pid}"
    )


def test_too_large_a_request_is_not_sent(daemon: FakeDaemon) -> None:
    """A request over the limit fails at once, and the next request still sends hello."""
    with connect(daemon) as client:
        with pytest.raises(DaemonError, match="the limit is 33554432") as caught:
            client.call("ping", {"text": "x" * frames.MAX_FRAME})
        assert caught.value.code == "bad_request"
        assert client.call("ping") == {}
    assert len(daemon.requests("hello")) == 1


def test_invalid_utf8_reaches_the_daemon(daemon: FakeDaemon) -> None:
    """Invalid UTF-8 from the command line is sent unchanged."""
    with connect(daemon) as client:
        client.call("ping", {"text": "\udcff"})
    [ping] = daemon.requests()
    assert ping.params == {"text": "\udcff"}


# ------------------------------------------------------------------------------- chat


def test_chat(daemon: FakeDaemon) -> None:
    """Each delta is passed on in order, then the result is returned."""
    daemon.handlers["chat"] = answer_chat
    deltas: list[dict[str, Any]] = []
    with connect(daemon) as client:
        assert client.chat({"messages": []}, deltas.append) == {}
        assert client.chat({"messages": []}) == {}
    assert [(d["seq"], d["text"]) for d in deltas] == [(0, "hel"), (1, "lo")]


@pytest.mark.parametrize("error", [KeyboardInterrupt, BrokenPipeError])
def test_an_interrupted_chat_is_cancelled(daemon: FakeDaemon, error: type[BaseException]) -> None:
    """Ctrl-C or a closed pipe cancels the request, waits for its end, and is raised again."""
    daemon.handlers["chat"] = wait_for_cancel
    deltas: list[object] = []

    def interrupt(delta: dict[str, Any]) -> None:
        deltas.append(delta["text"])
        raise error

    with connect(daemon) as client:
        with pytest.raises(error):
            client.chat({"messages": []}, interrupt)
        daemon.handlers["chat"] = answer_chat
        client.chat({"messages": []}, lambda delta: deltas.append(delta["text"]))
    assert deltas == ["hel", "hel", "lo"]


def test_a_chat_that_times_out_is_cancelled(daemon: FakeDaemon) -> None:
    """The client's own deadline cancels the request, too."""
    daemon.handlers["chat"] = wait_for_cancel
    with connect(daemon) as client, pytest.raises(NoAnswer):
        client.chat({"messages": []}, timeout=0.05)
    assert len(daemon.notifications()) == 1


def test_a_connection_lost_during_a_chat(daemon: FakeDaemon) -> None:
    """The call fails and is not retried, since it had started."""

    def chat(peer: Peer, request: Request) -> None:
        peer.send(delta(request, 0, "hel"))
        raise ClosedByHandler

    daemon.handlers["chat"] = chat
    with (
        Client.connect(daemon.environ) as client,
        pytest.raises(ConnectionLost, match="closed the connection"),
    ):
        client.chat({"messages": []})
    assert daemon.connections == 1


# ------------------------------------------------------------------------------- the next daemon


@pytest.mark.parametrize("farewell", [False, True])
def test_a_call_refused_by_a_draining_daemon_is_retried(daemon: FakeDaemon, farewell: bool) -> None:
    """`shutting_down`, as a response or a notification, means: call the next daemon."""

    def refuse(peer: Peer, request: Request) -> None:
        daemon.handlers["ping"] = lambda peer, request: peer.reply(request, "next")
        if farewell:
            notice: dict[str, object] = {"code": "shutting_down", "message": "bye"}
            peer.send(frames.encode_notification("error", notice))
            raise ClosedByHandler
        peer.fail(request, "shutting_down")

    daemon.handlers["ping"] = refuse
    with Client.connect(daemon.environ) as client:
        assert client.call("ping") == "next"
    assert daemon.connections == 2


def test_a_connection_closed_before_any_frame_is_reopened(daemon: FakeDaemon) -> None:
    """A daemon that shut down before it accepted the connection has done nothing yet."""
    hello = daemon.handlers["hello"]

    def close(_peer: Peer, _request: Request) -> None:
        daemon.handlers["hello"] = hello
        raise ClosedByHandler

    daemon.handlers["hello"] = close
    with Client.connect(daemon.environ) as client:
        assert client.call("ping") == {}


def test_a_call_that_could_not_be_sent_is_sent_to_the_next_daemon(daemon: FakeDaemon) -> None:
    """The daemon was restarted while the client was idle: it has seen nothing of the call."""
    reconnected = []
    with Client.connect(daemon.environ) as client:
        client.on_reconnect = lambda: reconnected.append(True)
        assert client.call("ping") == {}
        assert reconnected == []
        # Sending fails from now on, as it does when the peer is gone.
        client._conversation.connection._sock.shutdown(socket.SHUT_WR)
        assert client.call("ping") == {}
    assert (daemon.connections, reconnected) == (2, [True])


@pytest.mark.parametrize(("method", "autostart"), [("shutdown", True), ("ping", False)])
def test_what_is_not_retried(daemon: FakeDaemon, method: str, autostart: bool) -> None:
    """`shutdown` must not reach the next daemon, and without autostart there is none."""
    daemon.handlers[method] = lambda peer, request: peer.fail(request, "shutting_down", "bye")
    with (
        Client.connect(daemon.environ, autostart=autostart) as client,
        pytest.raises(DaemonError, match="bye") as caught,
    ):
        client.call(method)
    assert caught.value.code == "shutting_down"
    assert daemon.connections == 1


def test_the_last_notification_says_why_the_connection_closed(daemon: FakeDaemon) -> None:
    """The daemon's `error` notification becomes the error of the pending call."""

    def close(peer: Peer, _request: Request) -> None:
        notice: dict[str, object] = {"code": "bad_request", "message": "broken frame"}
        peer.send(frames.encode_notification("error", notice))
        raise ClosedByHandler

    daemon.handlers["ping"] = close
    with connect(daemon) as client, pytest.raises(DaemonError, match="broken frame") as caught:
        client.call("ping")
    assert caught.value.code == "bad_request"


# ------------------------------------------------------------------------------- events


def event(seq: int) -> bytes:
    return frames.encode_notification("event", {"topic": "auth", "seq": seq})


def test_events(daemon: FakeDaemon) -> None:
    """The snapshot comes first, then every event, including those that arrived during a call."""

    def subscribe(peer: Peer, request: Request) -> None:
        peer.send(event(1), frames.encode_response(request.msgid, {"snapshot": {}}), event(2))

    def ping(peer: Peer, request: Request) -> None:
        peer.send(event(3), frames.encode_response(request.msgid, {}), event(4))

    daemon.handlers |= {
        "events.subscribe": subscribe,
        "ping": ping,
        "events.unsubscribe": lambda peer, request: peer.reply(request, {}),
    }
    snapshots: list[dict[str, Any]] = []
    with connect(daemon) as client:
        events = client.events(("auth",), snapshots.append)
        seqs = [next(events)["seq"], next(events)["seq"]]
        assert client.call("ping") == {}
        seqs += [next(events)["seq"], next(events)["seq"]]
        events.close()
        daemon.handlers["ping"] = lambda peer, request: peer.reply(request, "after")
        assert client.call("ping") == "after"
    assert snapshots == [{"snapshot": {}}]
    assert seqs == [1, 2, 3, 4]
    assert [r.params for r in daemon.requests("events.unsubscribe")] == [{"topics": ["auth"]}]


def test_events_can_be_taken_between_other_waits(daemon: FakeDaemon) -> None:
    """`fileno` becomes readable with an event; those that came during a call are waiting."""

    def ping(peer: Peer, request: Request) -> None:
        peer.send(event(1), frames.encode_response(request.msgid, {}), event(2), event(3))

    daemon.handlers |= {
        "events.subscribe": lambda peer, request: peer.reply(request, {}),
        "ping": ping,
    }
    with connect(daemon) as client:
        client.events(["auth"])
        assert (client.take_events(), client.has_events) == ([], False)
        client.call("ping")
        assert client.has_events
        seqs = [each["seq"] for each in client.take_events()]
        while len(seqs) < 3:  # the rest may come in another read
            assert select.select([client.fileno()], [], [], 20)[0]
            seqs += [each["seq"] for each in client.take_events()]
    assert seqs == [1, 2, 3]


def test_taking_events_ends_with_the_daemon(daemon: FakeDaemon) -> None:
    """As the iterator does."""

    def subscribe(peer: Peer, request: Request) -> None:
        peer.reply(request, {})
        raise ClosedByHandler

    daemon.handlers["events.subscribe"] = subscribe
    with connect(daemon) as client:
        client.events(["auth"])
        with pytest.raises(ConnectionLost):
            client.take_events(20.0)


def test_events_end_with_the_daemon(daemon: FakeDaemon) -> None:
    """A subscriber learns that the daemon shut down."""

    def subscribe(peer: Peer, request: Request) -> None:
        peer.reply(request, {})
        peer.send(frames.encode_notification("error", {"code": "shutting_down", "message": "bye"}))
        raise ClosedByHandler

    daemon.handlers["events.subscribe"] = subscribe
    with Client.connect(daemon.environ) as client, pytest.raises(DaemonError, match="bye"):
        next(client.events(["auth"]))


def test_a_refused_subscription(daemon: FakeDaemon) -> None:
    """A topic that does not exist is an error at once."""
    daemon.handlers["events.subscribe"] = lambda peer, request: peer.fail(request, "bad_request")
    with connect(daemon) as client, pytest.raises(DaemonError):
        next(client.events(["nonsense"]))


def test_an_older_daemon_need_not_know_optional_topics(daemon: FakeDaemon) -> None:
    """They are left out, at the end of the subscription too; a daemon that knows them has them."""
    asked: list[tuple[str, object]] = []

    def take(peer: Peer, request: Request) -> None:
        asked.append((request.method, request.params["topics"]))
        if "new" in request.params["topics"]:
            peer.fail(request, "bad_request")
        else:
            peer.reply(request, {})

    daemon.handlers["events.subscribe"] = daemon.handlers["events.unsubscribe"] = take
    with connect(daemon) as client:
        client.events(["old", "new"], optional={"new", "newer"})
        assert [topics for _, topics in asked] == [["old", "new"], ["old"]]
        with pytest.raises(DaemonError):
            client.events(["old", "new"], optional={"newer"})
    assert len(asked) == 3


# ------------------------------------------------------------------------------- no daemon


def test_the_import_stays_thin() -> None:
    """Importing a client loads only msgpack and fast parts of the standard library."""
    code = (
        "import sys, aircher_client; print(*sorted({'argparse', 'subprocess', 'typing', 'pathlib', "
        "'dataclasses', 'hashlib', 'json', 'logging', 'threading', 'trio', 'httpx', 'keyring', "
        "'structlog', 'msgspec', 'aircherd'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={}, timeout=30
    )
    assert run.stdout == "\n"


def test_notices_of_the_daemon(daemon: FakeDaemon) -> None:
    """The client keeps the notices of `hello` and passes them to its callback."""
    notices = [{"code": "config_invalid", "message": "line 3"}]
    daemon.handlers["hello"] = lambda peer, request: peer.reply(
        request, {"protocol": 1, "notices": notices}
    )
    seen: list[object] = []
    with Client.connect(daemon.environ, autostart=False, on_notices=seen.append) as client:
        assert client.notices == []
        client.call("ping")
        assert (client.notices, seen) == (notices, [notices])


def test_the_process_of_the_daemon(daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is known from the kernel, unless systemd listens: a signal would end the session."""
    with connect(daemon) as client:
        assert client.daemon_pid == os.getpid()
        monkeypatch.setattr(Connection, "is_to_systemd", lambda self: True)
        assert client.daemon_pid is None


def test_another_thread_can_abort_a_call(daemon: FakeDaemon) -> None:
    """It fails at once, and nothing is sent again over a new connection."""
    is_asked = threading.Event()
    daemon.handlers["status"] = lambda peer, request: is_asked.set()
    with Client.connect(daemon.environ, autostart=True) as client:
        client.call("ping")

        def abort() -> None:
            assert is_asked.wait(20)
            client.abort()

        thread = threading.Thread(target=abort)
        thread.start()
        with pytest.raises(ConnectionLost):
            client.call("status")
        thread.join()
        with pytest.raises(DaemonUnreachable):
            client.call("ping")
    assert daemon.connections == 1


def test_an_abort_during_a_reconnect_is_not_forgotten(daemon: FakeDaemon) -> None:
    """The new connection is ended, too."""
    opened: list[Connection] = []

    def open_connection() -> Connection:
        sock = try_connect(str(daemon.path))
        assert sock is not None
        opened.append(Connection(sock))
        if len(opened) == 2:
            client.abort()
        return opened[-1]

    def refuse(peer: Peer, request: Request) -> None:
        peer.fail(request, "shutting_down")

    daemon.handlers["status"] = refuse
    with Client(open_connection) as client, pytest.raises(DaemonUnreachable):
        client.call("status")
    assert len(opened) == 2
