"""The wire protocol, shared by daemon and clients. No sockets, no tasks, no other package.

- `frames`: encodes and decodes frames, and enforces all limits on what a peer may send.
- `tally`: counts the values of a frame before it is unpacked.
- `methods`: the names of methods and notifications, and the protocol's version.
- `codes`: the error codes.
- `address`: finds the socket and checks that its directory is private.
- `version`: the version of the distribution.

It imports only msgpack and cheap parts of the standard library, because every import adds to the
start-up time of the command line.
"""
