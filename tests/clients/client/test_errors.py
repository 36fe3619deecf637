"""The tree of errors: who catches the root of a branch catches its leaves."""

from aircher_client import ConnectionLost, DaemonError, DaemonUnreachable, NoAnswer
from aircher_client.errors import ClientError


def test_the_tree() -> None:
    """Both ways of losing a daemon count as unreachable, an answer does not."""
    assert issubclass(ConnectionLost, DaemonUnreachable)
    assert issubclass(NoAnswer, DaemonUnreachable)
    assert issubclass(DaemonUnreachable, ClientError)
    assert not issubclass(DaemonError, DaemonUnreachable)


def test_what_they_carry() -> None:
    """The message is the text; a daemon's error has its code and data, too."""
    error = DaemonError("timeout", "too slow", {"attempts": []})
    assert (str(error), error.message) == ("too slow", "too slow")
    assert (error.code, error.data) == ("timeout", {"attempts": []})
