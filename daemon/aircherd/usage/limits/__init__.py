"""The user's limits: counters in memory, reservations, and usage from before a start.

- `tracker`: all limits; `reservation`: what one attempt reserves. `counter`: one amount of one
  limit; `sliding_window`, `calendar_window`: usage in its period; `windows`: when periods begin.
- `backfill`: reads usage from before a limit was set; `missing_history`: which counters need it.
- `descriptions`: limits as text.
"""
