"""The aircher daemon: the one process on a machine that holds keys and speaks to model providers.

A request walks through the rooms from top to bottom and its answer walks back up:

    ipc -> chat -> routing (what to try, pure) -> auth (the key) -> providers (the call)

`app.open_daemon` opens every room in reading order. A room uses what is below it, never what is
above; the contracts in pyproject.toml hold that.
"""
