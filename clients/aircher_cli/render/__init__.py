"""Pure functions from the daemon's results to lines of text; they print nothing.

- `formatting`: codes, times and counts as text. `money`: amounts. `bars`: bars and gauges.
- `layout`: text in columns and wrapped, for any width.
- `keys`: rows of `auth.status`. `daemon`: the result of `status`. `route`: that of `route.explain`.
- `models`: rows of `models.list` as a table, and one model in full.
- `limits`, `usage`, `cooldowns`: the results of the commands with these names.
- `config`: settings, changes and problems of the configuration. `events`: one line per event.
- `doctor`: findings. `advice`: what to do if no provider answers by default.
"""
