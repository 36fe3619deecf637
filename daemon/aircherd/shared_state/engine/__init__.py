"""The shared state on Valkey or Redis. Imported only where the configuration has `[shared]`.

    async with open_engine(shared, password=read_password) as engine:
        view = await engine.sync(report, seconds=0.1)

`client` is what `open_engine` returns; it asks by `link`, which keeps one connection (`connecting`)
and opens another when that ends. `scripts` are what the engine runs, `encoding`, `rows` and
`cooldowns` what they take and return. `explanations` has the words for what goes wrong.

Of coredis only its connections are used, not its clients and pools: their tasks raise in the task
that opened them, and a connection alone is easy to replace.
"""

from aircherd.shared_state.engine.client import Engine, open_engine, try_password

__all__ = ["Engine", "open_engine", "try_password"]
