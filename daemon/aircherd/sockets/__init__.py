"""Listening sockets and the bytes of one connection, for every door of the daemon.

- `client_stream`: reads and writes the bytes of one connection, on the hot path.
- `joined`: the clients of all doors as one collection.
- `limited_listener`: accepts connections while there are places for them.
- `places`: how many may be open at once.
- `socket_path`: a Unix socket at a path: stale ones are removed, and a replaced one is noticed.
"""
