"""Clients on other machines, over a socket that ssh carries there: the extra socket.

The process that connects to it is `ssh` or `aircher-cli forward`, so the kernel cannot tell which
client it is, and what runs on the other machine is trusted less than what runs here. Such a client
may ask models and look at the state, and is called `client@host`.

- `door`: the socket, and the clients that come through it.
- `session`: one client; who it is, and what it may call.
- `names`: `client@host`.
- `methods`: what can be called, and how the answers differ.
- `deltas`: the deltas of its chats.
- `feed`: its events.
"""
