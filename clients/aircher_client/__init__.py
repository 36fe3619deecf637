"""The blocking client library: what the command line, a script or a test says to the daemon.

- `client`: `Client`, one conversation; `call`, `chat` and `events`.
- `conversation`: numbered requests, their answers, and what comes in between.
- `project`: the repository that is worked in, for the daemon's records.
- `connection`: one connected socket, bytes out and frames in.
- `autostart`: starts a daemon where none answers; imported only then.
- `holder`: the daemon that has the locks; imported only where one is in the way.
- `errors`: what can go wrong, as a tree.

It stays thin, since every command pays for it: the standard library's cheap part and
`aircher_wire`.
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
