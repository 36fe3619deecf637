"""Messages to the service manager, over a real datagram socket."""

import socket
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from aircherd.systemd.notify import MAX_UNSENT, Notifier, take_notifier
from helpers.systemd.notify_socket import notify_socket


@pytest.mark.parametrize("is_abstract", [False, True])
def test_a_message_is_one_datagram(is_abstract):
    """Its assignments are separated by line breaks, at a path or an abstract address."""
    with notify_socket(is_abstract=is_abstract) as received:
        notifier = Notifier(received.address)
        notifier.send("READY=1", "STATUS=Serving")
        notifier.send("WATCHDOG=1")
        assert received.receive() == [{"READY": "1", "STATUS": "Serving"}, {"WATCHDOG": "1"}]
        notifier.close()


def test_a_value_cannot_add_an_assignment(received):
    """Line breaks in a text become spaces, and invalid characters question marks."""
    notifier = Notifier(received.address)
    notifier.send("STATUS=one\nSTOPPING=1\r\udcff")
    assert received.receive() == [{"STATUS": "one STOPPING=1 ?"}]
    notifier.close()


def test_the_variable_is_taken_out_of_the_environment(received):
    """Child processes do not speak for the daemon."""
    environ = {"NOTIFY_SOCKET": received.address, "HOME": "/home/u"}
    notifier = take_notifier(environ)
    assert notifier is not None
    assert (notifier.address, environ) == (received.address, {"HOME": "/home/u"})
    notifier.close()


@pytest.mark.parametrize("address", ["", "@", "relative", "vsock:2:1234", "/"])
def test_an_address_that_cannot_be_used_is_ignored(address):
    """The variable is removed all the same."""
    environ = {"NOTIFY_SOCKET": address}
    assert take_notifier(environ) is None
    assert environ == {}


def test_a_missing_manager_is_logged_once(tmp_path):
    """Sending goes on silently, and works when a manager is there again."""
    path = tmp_path / "notify"
    notifier = Notifier(str(path))
    with capture_logs() as logs:
        for _ in range(3):
            notifier.send("WATCHDOG=1")
    assert [(each["event"], each["socket"]) for each in logs] == [
        ("service_manager_unreachable", str(path))
    ]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.settimeout(5)
        notifier.send("STATUS=back")
        assert manager.recv(100) == b"STATUS=back"
    notifier.close()


def test_messages_wait_for_a_manager_that_does_not_read(received):
    """They arrive in their order, after the queue has room again."""
    limit = int(Path("/proc/sys/net/unix/max_dgram_qlen").read_text())
    number = limit + 1 + MAX_UNSENT // 2
    notifier = Notifier(received.address)
    for each in range(number):
        notifier.send(f"STATUS={each}")
    arrived = len(received.receive())
    assert arrived < number
    while len(received.receive()) < number:
        notifier.flush()
    assert received.statuses() == [str(each) for each in range(number)]
    notifier.close()


def test_unsent_messages_are_bounded(received):
    """A manager that never reads costs little memory."""
    notifier = Notifier(received.address)
    for each in range(10_000):
        notifier.send(f"STATUS={each}")
    assert repr(notifier) == f"<Notifier of {received.address}, {MAX_UNSENT} unsent>"
    notifier.close()


def test_no_child_process_inherits_the_socket(received):
    """It is closed on exec."""
    notifier = Notifier(received.address)
    assert not notifier._socket.get_inheritable()
    notifier.close()
