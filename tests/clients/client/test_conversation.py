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


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch, talk: Conversation) -> Conversation:
    """A conversation after its first exchange, which soon asks whether the daemon is alive."""
    talk.exchange("ping", None, None, None)
    monkeypatch.setattr(conversation, "SILENCE_SECONDS", 0.05)
    return talk


def test_an_answer_may_take_any_time_while_the_daemon_is_alive(
    daemon: FakeDaemon, impatient: Conversation
) -> None:
    """The client asks with a `ping`, whose answer is not the result."""
    waiting: list[Request] = []

    def ping(peer: Peer, request: Request) -> None:
        peer.reply(request, {})
        if len(daemon.requests("ping")) > 3:
            peer.reply(waiting[0], "late")

    daemon.handlers |= {"status": lambda peer, request: waiting.append(request), "ping": ping}
    assert impatient.exchange("status", None, None, None) == "late"
    impatient.connection.close()


def test_a_daemon_that_hangs_later_is_noticed(
    daemon: FakeDaemon, impatient: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call without a deadline ends with the reason, and the connection is closed."""
    monkeypatch.setattr(conversation, "HELLO_TIMEOUT", 0.05)
    daemon.handlers["status"] = lambda peer, request: time.sleep(0.4)
    with pytest.raises(NoAnswer, match="accepts connections but does not answer"):
        impatient.exchange("status", None, None, None)
    assert impatient.connection.is_closed


def test_a_machine_that_sleeps_is_named(
    daemon: FakeDaemon, impatient: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process that listens is the end of a forward: to kill it would not help."""
    monkeypatch.setattr(conversation, "HELLO_TIMEOUT", 0.05)
    lines = ("7", str(daemon.path), "", "forward from laptop", "token", "")
    daemon.path.with_name(f"{daemon.path.name}.lock").write_text("\n".join(lines))
    daemon.handlers["status"] = lambda peer, request: time.sleep(0.4)
    with pytest.raises(NoAnswer, match="laptop, whose daemon is used here, does not answer"):
        impatient.exchange("status", None, None, None)


def test_a_long_answer_that_arrives_in_pieces_is_no_silence(
    daemon: FakeDaemon, impatient: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only bytes count, not whole frames."""
    monkeypatch.setattr(conversation, "HELLO_TIMEOUT", 0.2)

    def answer_slowly(peer: Peer, request: Request) -> None:
        for byte in frames.encode_response(request.msgid, "x" * 10):
            peer.send(bytes([byte]))
            time.sleep(0.04)

    daemon.handlers["status"] = answer_slowly
    assert impatient.exchange("status", None, None, None) == "x" * 10
    impatient.connection.close()


def test_a_lost_daemon_is_not_mistaken_for_one_that_never_got_the_call(
    daemon: FakeDaemon, impatient: Conversation
) -> None:
    """Else the call would be sent a second time."""

    def end(peer: Peer, request: Request) -> None:
        time.sleep(0.01)
        raise ConnectionError

    daemon.handlers |= {"status": lambda peer, request: None, "ping": end}
    with pytest.raises(ConnectionLost):
        impatient.exchange("status", None, None, None)
    assert not impatient.connection.is_send_lost
