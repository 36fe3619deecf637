"""The daemon's side of the socket: who may connect, what they may ask, what they are told.

- `socket_file`: claims the socket's path: one daemon per socket and per data directory.
- `listener`: accepts clients, checks who they are, drains them at the end.
- `session`: one client: frames in, a task per request, one writer out.
- `methods`: the one table from method name to handler, the index of everything a client can ask.
- `overview`, `models`: the answers that are pictures of how things stand.
- `deltas`: what streams, as the protocol writes it.
- `services`: what the handlers work with, handed in by `app`.
"""
