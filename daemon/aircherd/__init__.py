"""The aircher daemon: the one process of a user that holds keys and calls model providers.

A request passes through the packages from top to bottom, and its response passes back up:

    ipc -> api -> chat -> routing (what to try, pure) -> auth (the key) -> providers (the call)

`app.open_daemon` opens all services in order. A package imports only from packages below it; the
import contracts in pyproject.toml enforce this.
"""
