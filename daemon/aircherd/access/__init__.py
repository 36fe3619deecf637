"""Which client this is, as the kernel knows it, and what it may do.

- `peer`: its process: id, program, start.
- `rules`: which method needs which role; `rights`: what a client may do, decided from the
  configuration. Both are pure.
- `questions`: asks the user, on a terminal that runs `aircher-cli confirm`.
- `displacement`: remembers a program that took the daemon's place at its socket.
- `gate`: enforces the rights of one client. A daemon without `[clients]` and `[protect]` has none.
"""
