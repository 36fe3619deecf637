"""Carries connections of another machine to the daemon here, over one ssh.

    editor -> socket on HOST -> `forward --remote`  ==ssh==  `forward` -> extra.sock here

The end on HOST owns the socket's file there and removes it at every end; ssh's own forwarding
leaves it. Both ends notice silence, as of a laptop that sleeps, which ssh does not by default.

- `frames`: what goes over ssh, sans I/O.
- `mux`: many connections over one pair of pipes, with flow control, sans I/O.
- `carrier`: moves the bytes; what both ends have in common.
- `claim`: the socket's file on HOST, and its lock.
- `remote`: the end on HOST.
- `local`: the end here.
- `ssh`: the command line of ssh, and what its end means.
- `forwarder`: what is said, and when to try again.
- `printing`: lines for ssh's own configuration.
"""
