"""What survives a `kill -9` and a full disk although the database has not saved it yet.

- `records`: attempts as bytes. `spare_file`: a file with room for 16,000 of them, reserved on the
  disk before it is full.
- `guard`: the thread that appends to it what the database has not saved within 30 ms, and gives it
  back at the next start.
- `margin`: what limits count after an unclean end, because it may have been lost.
"""
