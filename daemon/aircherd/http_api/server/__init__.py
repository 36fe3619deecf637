"""Connections of HTTP clients, their bounds, and the doors they come through.

- `doors`: the private socket and the ports: opened, moved, closed and drained.
- `connection`: one client's connection: a task that reads, and one that answers.
- `request_parser`: bytes in, requests out, with their bounds (`bounds`).
- `body`: the body of a request, counted while it arrives and decompressed.
- `guard`: who may come in: tokens, Host and Origin.
- `router`: which dialect and which operation a path belongs to.
- `http_client`: what is known of a client, and what it may do.
- `response`: the bytes of a response.
- `refusal`: a request that is refused before any dialect reads it.
- `backend`: what requests are handed to, loaded with the first one.
"""
