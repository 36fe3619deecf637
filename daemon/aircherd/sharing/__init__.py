"""What clients share, so that one that wants much slows only itself.

- `share`: what one client has used, known to all tasks that work for it.
- `turns`: the event loop's time.
- `descriptors`: file descriptors for connections to providers.
"""
