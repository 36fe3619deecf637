"""What the daemon does to its own process.

- `hiding`: closes its memory and its environment to the user's other programs.
- `hide_first`: does so when it is imported, if this process is the daemon. It runs before anything
  else, so both use the standard library only.
- `loop_guard`: ends it if its event loop can no longer work.
"""
