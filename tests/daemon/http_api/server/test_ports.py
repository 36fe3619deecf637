"""A port at both of this machine's own addresses, or at none."""

import errno
import socket

import pytest

from aircherd.http_api.server import ports

HAS_IPV6 = True
try:
    socket.create_server(("::1", 0), family=socket.AF_INET6).close()
except OSError:
    HAS_IPV6 = False


def test_a_port_is_open_at_this_machines_own_addresses_only():
    """Both have the same number."""
    found = ports.listen(0)
    try:
        names = [sock.getsockname()[:2] for sock in found]
        port = ports.port_of(found)
        expected = [("127.0.0.1", port), ("::1", port)]
        assert names == expected[: 1 + HAS_IPV6]
    finally:
        ports.close(found)


@pytest.mark.skipif(not HAS_IPV6, reason="needs IPv6")
def test_a_port_that_another_program_has_at_one_address_is_not_opened():
    """It would get what is meant for us."""
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as other:
        port = other.getsockname()[1]
        with pytest.raises(OSError, match="in use") as caught:
            ports.listen(port)
        assert f"port {port} is in use" in ports.problem_of(port, caught.value)
        with socket.socket() as free:
            free.bind(("127.0.0.1", port))  # nothing was left open


def test_without_ipv6_there_is_the_other_address(monkeypatch):
    """As in some containers."""
    made = socket.socket

    def refuse(family=socket.AF_INET, *rest, **options):
        if family == socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, "no IPv6")
        return made(family, *rest, **options)

    monkeypatch.setattr(ports.socket, "socket", refuse)
    found = ports.listen(0)
    ports.close(found)
    assert len(found) == 1


def test_problems_say_what_to_do():
    """In one sentence each."""
    assert "above 1023" in ports.problem_of(80, OSError(errno.EACCES, "denied"))
    assert "cannot be opened: odd" in ports.problem_of(80, OSError(errno.EIO, "odd"))
