"""What daemon and clients share: the wire protocol, and rules about files that both write.

No sockets, no tasks, no other package.

- `frames`: encodes and decodes frames, and enforces all limits on what a peer may send.
- `tally`: counts the values of a frame before it is unpacked.
- `methods`: the names of methods and notifications, and the protocol's version.
- `codes`: the error codes.
- `address`: finds the socket and checks that its directory is private.
- `directories`: creates the user's directories, and refuses those of another user.
- `atomic_file`: replaces a file in one step; the only code that writes, syncs and renames.
- `config_forms`: which program a configuration is for. `fingerprints`: compare by hashes.
- `media`: types of images and documents by their first bytes.
- `version`: the version of the distribution.

What each client needs imports only msgpack and cheap parts of the standard library, because every
import adds to the start-up time of the command line. `directories` and `atomic_file` are for the
rest.
"""
