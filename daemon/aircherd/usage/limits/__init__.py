"""The user's limits: counters in memory, reservations, and what was used before a start."""
