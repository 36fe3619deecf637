"""Running out of file descriptors, wherever it shows."""

import errno
import os
import resource
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import trio

from aircher_wire import codes
from aircherd.errors import AircherError, ProviderFailed
from aircherd.providers.transport.connection import open_connection
from aircherd.providers.transport.out_of_files import check_room, is_out_of_files, out_of_files
from aircherd.providers.transport.request import endpoint_of
from aircherd.providers.transport.tls import make_context


@contextmanager
def no_room() -> Iterator[None]:
    """Let no file be opened."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.open(os.devnull, os.O_RDONLY)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


MANY = OSError(errno.EMFILE, "Too many open files")
REFUSED = OSError(errno.ECONNREFUSED, "Connection refused")


@pytest.mark.parametrize(
    ("error", "is_ours"),
    [
        (MANY, True),
        (OSError(errno.ENFILE, "x"), True),
        (caused(OSError("all attempts failed"), MANY), True),
        (caused(OSError("all attempts failed"), ExceptionGroup("", [REFUSED, MANY])), True),
        (caused(httpx.ConnectError("x"), caused(OSError("all"), MANY)), True),
        (REFUSED, False),
        (caused(OSError("all attempts failed"), ExceptionGroup("", [REFUSED])), False),
        (socket.gaierror(socket.EAI_AGAIN, "try again"), False),
        (UnicodeError("x"), False),
    ],
)
def test_finds_the_cause(error: Exception, is_ours: bool) -> None:
    """Trio and httpx wrap it; other causes do not count."""
    assert is_ours == is_out_of_files(error)


def test_a_lookup_that_failed_for_it() -> None:
    """The C library reports only a failed lookup, so descriptors are checked."""
    error = socket.gaierror(socket.EAI_AGAIN, "try again")
    with no_room():
        is_ours = is_out_of_files(error)
    assert is_ours


def test_is_an_internal_error_with_a_remedy() -> None:
    """It is our own failure, and says what to do."""
    error = out_of_files()
    assert (error.code, isinstance(error, ProviderFailed)) == (codes.INTERNAL, False)
    assert "too many open files" in error.message
    assert "LimitNOFILE" in error.message


async def test_a_connection_that_cannot_be_opened() -> None:
    """Connecting without a free descriptor is our own failure."""
    listener = (await trio.open_tcp_listeners(0, host="127.0.0.1"))[0]
    port = listener.socket.getsockname()[1]
    async with listener:
        with no_room(), pytest.raises(AircherError, match="too many open files"):
            await open_connection(endpoint_of(f"http://127.0.0.1:{port}"), AssertionError)


def test_certificates_are_not_read_without_descriptors() -> None:
    """OpenSSL would ignore the files it cannot open, and trust no server from then on."""
    check_room()
    with no_room(), pytest.raises(AircherError, match="too many open files"):
        make_context({}, None)
