"""How much a client may send, and how long it may take. `docs/http.md` lists them."""

MAX_TARGET = 16 * 1024
"""Bytes of the path and the query."""
MAX_HEAD = 64 * 1024
"""Bytes of a request line and its headers, and of chunk framing in a row without any body."""
MAX_HEADERS = 128
MAX_BODY = 32 * 1024 * 1024
"""Bytes of a body, also when it is decompressed: as many as a frame of the socket may have."""
MAX_PIPELINED = 64
"""Requests of a connection that wait for their turn."""

HEAD_SECONDS = 30.0
"""For the head of a request, from its first byte on."""
BODY_SECONDS = 30.0
"""For a body, and a second more for each `BODY_RATE` bytes of it that came."""
BODY_RATE = 16 * 1024
IDLE_SECONDS = 300.0
"""A connection without a request; tools keep theirs for 5 to 90 seconds."""
WRITE_SECONDS = 300.0
"""A client that reads nothing: its connection is cut, and its request ends."""
LINGER_SECONDS = 5.0
"""For a client that still sends after it was refused: it could not read the answer otherwise."""
DRAIN_SECONDS = 18.0
"""For requests under way when the daemon stops, as on the socket."""
