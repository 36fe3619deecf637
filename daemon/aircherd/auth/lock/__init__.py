"""The lock: while it is closed, the daemon has no key in memory and reads none.

- `record`: pure; what is remembered in the state directory, and when a lock ends.
- `key_lock`: whether the keys are locked now. The parts of `auth` ask it before they read a key.
- `locker`: closes and opens the lock: by command, at a time, and after `[auth] lifetime`.
"""
