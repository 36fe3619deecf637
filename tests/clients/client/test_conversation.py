"""A conversation: which frames are responses, and how malformed errors are read."""

import time

import pytest

from aircher_client import conversation
from aircher_client.connection import Connection, try_connect
from aircher_client.conversation import Conversation
from aircher_client.errors import ConnectionLost, DaemonError, NoAnswer
from aircher_wire import frames
from aircher_wire.frames import Request
from helpers.daemon.fake_daemon import FakeDaemon, Handler, Peer


@pytest.fixture
def talk(daemon: FakeDaemon) -> Conversation:
    sock = try_connect(str(daemon.path))
    assert sock is not None
    return Conversation(Connection(sock), "test")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("went wrong", ("internal", "went wrong", {})),
        ({"code": "timeout"}, ("timeout", "aircherd gave no reason", {})),
        ({"code": "timeout", "message": "m", "data": [1]}, ("timeout", "m", {})),
    ],
)
def test_malformed_errors(
    daemon: FakeDaemon, talk: Conversation, error: dict[str, object], expected: object
) -> None:
    """An error of an unexpected shape is raised as `internal`."""
    daemon.handlers["ping"] = lambda peer, request: peer.send(
        frames.encode_error(request.msgid, error)
    )
    with pytest.raises(DaemonError) as caught:
        talk.exchange("ping", None, None, None)
    talk.connection.close()
    assert (caught.value.code, caught.value.message, caught.value.data) == expected


def test_a_refused_hello(daemon: FakeDaemon, talk: Conversation) -> None:
    """The error that refuses hello is raised instead of a result."""
    daemon.handlers["hello"] = lambda peer, request: peer.fail(request, "bad_request", "protocol 2")
    with pytest.raises(DaemonError, match="protocol 2"):
        talk.exchange("ping", None, None, None)
    talk.connection.close()


def test_notifications_mark_a_request_as_begun(daemon: FakeDaemon, talk: Conversation) -> None:
    """A request that brought a notification has begun; the next one has not."""

    def ping(peer: Peer, request: Request) -> None:
        peer.send(frames.encode_notification("x", {"n": 1}))
        peer.reply(request, {})

    daemon.handlers |= {"status": daemon.handlers["ping"], "ping": ping}
    seen: list[object] = []
    talk.exchange("ping", None, lambda method, params: seen.append((method, params)), None)
    assert (talk.has_begun, seen) == (True, [("x", {"n": 1})])
    talk.exchange("status", None, None, None)
    assert talk.has_begun is False
    talk.connection.close()


def test_events_without_a_subscription_are_passed_on(
    daemon: FakeDaemon, talk: Conversation
) -> None:
    """Events are queued only for a subscription, where they are read."""

    def ping(peer: Peer, request: Request) -> None:
        peer.send(frames.encode_notification("event", {"seq": 1}))
        peer.reply(request, {})

    daemon.handlers["ping"] = ping
    seen: list[str] = []
    talk.exchange("ping", None, lambda method, _params: seen.append(method), None)
    assert (talk.events, seen) == (None, ["event"])
    talk.connection.close()


def test_cancel_and_unsubscribe_on_a_closed_connection(talk: Conversation) -> None:
    """Both do nothing."""
    talk.connection.close()
    talk.cancel(1)
    talk.unsubscribe(["auth"])
    with pytest.raises(ConnectionLost):
        talk.send("ping", None, None)
    assert repr(talk) == "<Conversation of test, 1 requests, <Connection closed, 0 frames>>"


NOTICES = [{"code": "config_invalid", "message": "it is invalid"}, {"code": "x", "message": "y"}]


def hello_with(notices: object) -> Handler:
    """Return a handler that answers `hello` with these notices."""
    return lambda peer, request: peer.reply(request, {"protocol": 1, "notices": notices})


def talk_with_notices(daemon: FakeDaemon, seen: list[object]) -> Conversation:
    """Return a conversation that collects the notices passed on, in order."""
    sock = try_connect(str(daemon.path))
    assert sock is not None
    return Conversation(Connection(sock), "test", on_notices=seen.append)


def test_notices_are_passed_on_before_the_first_notification(daemon: FakeDaemon) -> None:
    """Notices are passed on once, before anything else that the daemon sends."""

    def ping(peer: Peer, request: Request) -> None:
        peer.send(frames.encode_notification("x", {"n": 1}))
        peer.reply(request, {})

    daemon.handlers |= {"hello": hello_with(NOTICES), "ping": ping}
    seen: list[object] = []
    talk = talk_with_notices(daemon, seen)
    for _ in range(2):
        talk.exchange("ping", None, lambda method, _params: seen.append(method), None)
    talk.connection.close()
    assert seen == [NOTICES, "x", "x"]
    assert talk.notices == NOTICES


def test_a_notice_that_the_response_reports_is_left_out(daemon: FakeDaemon) -> None:
    """The error of a request already says what a notice of the same code would."""
    daemon.handlers |= {
        "hello": hello_with(NOTICES),
        "ping": lambda peer, request: peer.fail(request, "config_invalid"),
    }
    seen: list[object] = []
    talk = talk_with_notices(daemon, seen)
    with pytest.raises(DaemonError):
        talk.exchange("ping", None, None, None)
    talk.connection.close()
    assert seen == [NOTICES[1:]]


@pytest.mark.parametrize("notices", [None, [], "text", [1]])
def test_without_notices_nothing_is_passed_on(daemon: FakeDaemon, notices: object) -> None:
    """An older daemon, an empty list and values of another type are no notices."""
    daemon.handlers["hello"] = hello_with(notices)
    seen: list[object] = []
    talk = talk_with_notices(daemon, seen)
    talk.exchange("ping", None, None, None)
    talk.connection.close()
    assert (seen, talk.notices) == ([], [])


def _talk_through_systemd(daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch) -> Conversation:
    """Return a conversation whose patience is short, over a socket that systemd opened."""
    sock = try_connect(str(daemon.path))
    assert sock is not None
    monkeypatch.setattr(conversation, "HELLO_TIMEOUT", 0.05)
    monkeypatch.setattr(Connection, "is_to_systemd", lambda self: True)
    return Conversation(Connection(sock), "test", hello_timeout=0.05)


def test_a_service_may_take_longer_to_answer(
    daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind a socket of systemd an old daemon may have to drain before a new one starts."""
    hello = daemon.handlers["hello"]

    def answer_late(peer: Peer, request: Request) -> None:
        time.sleep(0.3)
        hello(peer, request)

    daemon.handlers["hello"] = answer_late
    talk = _talk_through_systemd(daemon, monkeypatch)
    assert talk.exchange("ping", None, None, None) is not None
    talk.connection.close()


def test_a_service_that_never_answers(daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wait ends, and the message does not suggest to kill the process that listens: systemd."""
    monkeypatch.setattr(conversation, "SERVICE_TIMEOUT", 0.1)
    daemon.handlers["hello"] = lambda peer, request: time.sleep(0.4)
    talk = _talk_through_systemd(daemon, monkeypatch)
    with pytest.raises(NoAnswer, match=r"see 'systemctl --user status aircherd.service'"):
        talk.exchange("ping", None, None, None)
    talk.connection.close()
