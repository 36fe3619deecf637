"""Views that go on: `status --watch`, `usage --watch`, and `events` over a restart of the daemon.

- `link`: a subscription that is made again when the daemon is back.
- `terminal`: the alternate screen, its keys and signals; restores the terminal on every exit.
- `loop`: redraws a view on events, on a terminal or as blocks of text. `frame`: lines as a frame.

Imported only by these views. The standard library is enough for them.
"""
