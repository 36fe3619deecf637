"""What can go wrong between a client and the daemon.

ClientError
├─ DaemonError                 the daemon answered, and the answer is an error
└─ DaemonUnreachable           there is no daemon to talk to, and none could be started
   ├─ ConnectionLost           there was one, and it went away
   └─ NoAnswer                 there is one, and it does not answer in time
"""


class ClientError(Exception):
    """Anything this library raises. The message is fit for a person."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class DaemonError(ClientError):
    """The daemon's answer is an error: `code` and `data` are for programs, see `aircher_wire`."""

    def __init__(self, code: str, message: str, data: dict[str, object]) -> None:
        super().__init__(message)
        self.code = code
        self.data = data


class DaemonUnreachable(ClientError):
    """Nobody answers at the socket; the message says where that is and what to do."""


class ConnectionLost(DaemonUnreachable):
    """The daemon went away while it was being talked to."""


class NoAnswer(DaemonUnreachable):
    """The daemon does not answer within the time it was given."""
