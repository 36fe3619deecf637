"""The tree of errors: catching a base class catches its subclasses."""

from aircher_client import ConnectionLost, DaemonError, DaemonUnreachable, NoAnswer
from aircher_client.errors import ClientError


def test_the_tree() -> None:
    """Both ways of losing the daemon count as unreachable; an error response does not."""
    assert issubclass(ConnectionLost, DaemonUnreachable)
    assert issubclass(NoAnswer, DaemonUnreachable)
    assert issubclass(DaemonUnreachable, ClientError)
    assert not issubclass(DaemonError, DaemonUnreachable)


def test_attributes() -> None:
    """`str()` is the message; a daemon's error also has its code and data."""
    error = DaemonError("timeout", "too slow", {"attempts": []})
    assert (str(error), error.message) == ("too slow", "too slow")
    assert (error.code, error.data) == ("timeout", {"attempts": []})
