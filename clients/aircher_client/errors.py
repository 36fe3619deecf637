"""The exceptions of the client library.

ClientError
├─ DaemonError                 the daemon answered with an error
└─ DaemonUnreachable           no daemon answers, and none could be started
   ├─ ConnectionLost           the daemon closed the connection
   └─ NoAnswer                 the daemon did not answer in time
"""

START_HINT = "Start it: aircher-cli daemon start"


class ClientError(Exception):
    """The base class. `message` can be shown to the user."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class DaemonError(ClientError):
    """The daemon answered with an error; `code` and `data` are for programs (`aircher_wire`)."""

    def __init__(self, code: str, message: str, data: dict[str, object]) -> None:
        super().__init__(message)
        self.code = code
        self.data = data


class DaemonUnreachable(ClientError):
    """No daemon answers at the socket; the message says where that is and what to do."""


class ConnectionLost(DaemonUnreachable):
    """The daemon closed the connection, or crashed."""


class NoAnswer(DaemonUnreachable):
    """The daemon did not answer in time."""
