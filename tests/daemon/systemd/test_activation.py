"""Sockets that were passed to this process: which are taken, chosen, refused and closed."""

import os
import socket
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from aircher_wire.address import AddressError
from aircherd.systemd import activation
from aircherd.systemd.activation import (
    PassedSocket,
    choose_http_socket,
    choose_socket,
    split_sockets,
    take_sockets,
)
from helpers.systemd.pass_socket import passing

PID = 42


@pytest.fixture
def path():
    """Where clients connect; short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="air") as folder:
        yield Path(folder) / "aircher.sock"


@pytest.fixture
def stack():
    with ExitStack() as made:
        yield made


def listener(stack, path, name="aircher", *, kind=socket.SOCK_STREAM, backlog=1):
    """Return a passed socket that is bound to `path`, and listens unless `backlog` is None."""
    sock = stack.enter_context(socket.socket(socket.AF_UNIX, kind))
    sock.bind(str(path))
    if backlog is not None:
        sock.listen(backlog)
    return PassedSocket(name, sock)


def variables(**changes):
    return {"LISTEN_PID": str(PID), "LISTEN_FDS": "1", "LISTEN_FDNAMES": "aircher", **changes}


# ------------------------------------------------------------------ taking


@pytest.mark.parametrize(
    "environ",
    [
        {},
        variables(LISTEN_PID="41"),
        variables(LISTEN_PID=""),
        variables(LISTEN_FDS="0"),
        variables(LISTEN_FDS="-1"),
        variables(LISTEN_FDS="many"),
        variables(LISTEN_FDS=""),
        variables(LISTEN_FDS="999999999999"),
        variables(LISTEN_FDS="9" * 5000),
    ],
)
def test_what_is_not_for_this_process_is_ignored(environ):
    """The variables are removed in any case."""
    environ["HOME"] = "/home/u"
    assert take_sockets(environ, PID) == []
    assert environ == {"HOME": "/home/u"}


def test_passed_sockets_have_their_names(monkeypatch, stack, path):
    """Names without a descriptor are ignored, and descriptors without a name are `unknown`."""
    first = stack.enter_context(socket.socket(socket.AF_UNIX))
    second = stack.enter_context(socket.socket(socket.AF_UNIX))
    low, high = sorted((first.fileno(), second.fileno()))
    assert high == low + 1, "the test needs two descriptors in a row"
    monkeypatch.setattr(activation, "FIRST_DESCRIPTOR", low)
    for each in (first, second):
        each.set_inheritable(True)
    passed = take_sockets(variables(LISTEN_FDS="2", LISTEN_FDNAMES="http"), PID)
    try:
        assert [(each.name, each.sock.fileno()) for each in passed] == [
            ("http", low),
            ("unknown", high),
        ]
        assert not any(os.get_inheritable(each.sock.fileno()) for each in passed)
    finally:
        for each in passed:
            each.sock.detach()


@pytest.mark.parametrize("what", ["file", "nothing"])
def test_a_descriptor_that_is_no_socket_is_ignored(monkeypatch, tmp_path, what):
    """Whatever it is, it is not closed: it is not ours."""
    file = (tmp_path / "file").open("w")
    monkeypatch.setattr(activation, "FIRST_DESCRIPTOR", file.fileno())
    if what == "nothing":
        file.close()
    with capture_logs() as logs:
        assert take_sockets(variables(), PID) == []
    assert [each["event"] for each in logs] == ["passed_socket_ignored"]
    file.close()


def test_descriptors_start_at_three():
    """A process that was passed one socket finds it there, and its children do not."""
    program = (
        "import os, subprocess, sys\n"
        "from aircherd.systemd.activation import take_sockets\n"
        "passed = take_sockets(os.environ, os.getpid())\n"
        "print([(each.name, each.sock.fileno()) for each in passed])\n"
        "code = 'import os; print(os.path.exists(\"/proc/self/fd/3\"), [*os.environ])'\n"
        "subprocess.run([sys.executable, '-c', code], close_fds=False, check=True)\n"
    )
    with socket.socket(socket.AF_UNIX) as sock:
        done = subprocess.run(
            passing({"aircher": sock}, [sys.executable, "-c", program]),
            pass_fds=[sock.fileno()],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=30,
        )
    first, second = done.stdout.splitlines()
    assert first == "[('aircher', 3)]"
    assert second.startswith("False ")
    assert "LISTEN" not in second


# ------------------------------------------------------------------ choosing


def test_without_a_passed_socket_there_is_none(path):
    """The daemon then opens its own."""
    assert choose_socket([], path) is None


@pytest.mark.parametrize("name", ["aircher", "aircher.socket", "aircherd.socket", "unknown", ""])
def test_a_single_socket_may_have_any_name(stack, path, name):
    """Not every manager names it, and it does not block."""
    passed = listener(stack, path, name)
    assert choose_socket([passed], path) is passed.sock
    assert not passed.sock.getblocking()


def test_one_of_several_is_chosen_by_its_name(stack, path):
    """The others are closed, and the log has their names."""
    other = listener(stack, path.with_name("http.sock"), "http")
    passed = listener(stack, path)
    with capture_logs() as logs:
        assert choose_socket([other, passed], path) is passed.sock
    assert other.sock.fileno() == -1
    assert [each["names"] for each in logs] == [["http"]]


@pytest.mark.parametrize("name", ["aircher-http", "aircher"])
def test_the_socket_for_http_clients_is_chosen_by_its_name_or_its_path(stack, path, name):
    """One that cannot serve them is closed: the daemon opens another, and says so."""
    where = path.with_name("http.sock")
    # In one unit both have the same name.
    passed = [listener(stack, path), listener(stack, where, name)]
    assert choose_http_socket(passed[:1], where) is None
    found = choose_http_socket(passed, where)
    assert found is passed[1].sock
    assert not found.getblocking()
    assert split_sockets(passed, where) == (passed[:1], passed[1:])
    other = listener(stack, path.with_name("other.sock"), "aircher-http")
    with capture_logs() as logs:
        assert choose_http_socket([other], where) is None
    assert other.sock.fileno() == -1
    assert "listens on" in logs[0]["error"]


def test_several_sockets_without_our_name_are_refused(stack, path):
    """The message has their names, and the line to write."""
    passed = [
        listener(stack, path, "one"),
        listener(stack, path.with_name("two.sock"), "two"),
    ]
    with pytest.raises(AddressError, match=r"\(one, two\).*FileDescriptorName=aircher"):
        choose_socket(passed, path)
    assert all(each.sock.fileno() == -1 for each in passed)


def test_a_linked_directory_is_the_same_directory(stack, path, tmp_path):
    """The unit and the environment may name it differently."""
    link = tmp_path / "link"
    link.symlink_to(path.parent)
    passed = listener(stack, path)
    assert choose_socket([passed], link / path.name) is passed.sock


def test_a_socket_elsewhere_is_refused(stack, path):
    """Clients would never reach the daemon; the message has both paths."""
    passed = listener(stack, path.with_name("other.sock"))
    with pytest.raises(AddressError, match=f"listens on .*other.sock.*ListenStream={path}"):
        choose_socket([passed], path)
    assert passed.sock.fileno() == -1


def test_a_connected_socket_is_refused(stack, path):
    """It is what `Accept=yes` passes."""
    passed = listener(stack, path, backlog=None)
    with pytest.raises(AddressError, match="Accept=no"):
        choose_socket([passed], path)


@pytest.mark.parametrize(
    ("family", "kind"),
    [
        (socket.AF_INET, socket.SOCK_STREAM),
        (socket.AF_UNIX, socket.SOCK_DGRAM),
        (socket.AF_UNIX, socket.SOCK_SEQPACKET),
    ],
)
def test_another_kind_of_socket_is_refused(stack, path, family, kind):
    """Only a Unix stream socket carries the protocol."""
    sock = stack.enter_context(socket.socket(family, kind))
    with pytest.raises(AddressError, match="not a Unix stream socket"):
        choose_socket([PassedSocket("aircher", sock)], path)


def test_an_abstract_socket_is_refused(stack, path):
    """Any user could connect to it."""
    sock = stack.enter_context(socket.socket(socket.AF_UNIX))
    sock.bind(f"\0{path}")
    sock.listen()
    with pytest.raises(AddressError, match=f"listens on @{path}"):
        choose_socket([PassedSocket("aircher", sock)], path)


def test_a_socket_whose_file_is_gone_is_refused(stack, path):
    """No client can connect to it; the message has the command that opens it again."""
    passed = listener(stack, path)
    path.unlink()
    with pytest.raises(AddressError, match=r"restart aircherd\.socket"):
        choose_socket([passed], path)
