"""The blocking client library, for the command line, scripts and tests.

- `client`: `Client` with `call`, `chat` and `events`; reconnects when the daemon restarts.
- `conversation`: numbered requests over one connection, responses and notifications.
- `connection`: one connected socket; bytes out, frames in.
- `project`: finds the repository that requests are attributed to.
- `autostart`: starts a daemon where none answers; imported only then.
- `systemd_socket`: starts the socket of an installed service; imported only then.
- `lock_holder`: finds the daemon that holds the locks; imported only by `autostart`.
- `proof`: calls that need a proof of access to the user's files; imported only then.
- `sign_in`: what to do about missing keys; imported only after a failure.
- `conversations`: conversations kept in the user's state directory; imported only where used.
- `errors`: the tree of exceptions.

It imports only `aircher_wire` and the parts of the standard library that load fast: every command
pays for these imports.
"""

from aircher_client.client import Client
from aircher_client.errors import (
    ClientError,
    ConnectionLost,
    DaemonError,
    DaemonUnreachable,
    NoAnswer,
)

__all__ = [
    "Client",
    "ClientError",
    "ConnectionLost",
    "DaemonError",
    "DaemonUnreachable",
    "NoAnswer",
]
