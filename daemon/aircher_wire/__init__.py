"""The contract both sides speak, and nothing else: no sockets, no tasks, no other room.

- `frames`: bytes in, frames out, and back; every limit on what a peer may send.
- `tally`: how many values a frame has, counted before it is unpacked.
- `methods`: the names of methods and notifications, and the protocol's version.
- `codes`: the error codes programs branch on.
- `address`: where the socket is, and what makes its directory safe.
- `version`: the version of the distribution.

It imports msgpack and the cheap part of the standard library only: a thin client pays for every
import in its start-up time.
"""
