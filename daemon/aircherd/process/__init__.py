"""What the daemon does to its own process before it does anything else; the standard library only.

- `hiding`: closes its memory and its environment to the user's other programs.
- `hide_first`: does so when it is imported, if this process is the daemon.
"""
