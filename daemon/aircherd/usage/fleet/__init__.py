"""Limits that a fleet shares: what this machine may use of them without asking the engine.

    request -> LimitTracker.reserve -> CounterShare: enough leased?   most requests
                                        │ no: FleetSync asks the engine, and the request waits

- `counter_share`: the lease of one counter, plain and synchronous; `shared_window`: its usage by
  the engine's time; `engine_clock`: that time; `outage`: what may be used without the engine.
- `lease_plan`: what to report and how much to ask for, and `turns`: whose turn it is, both plain.
- `sync`: the task that reports, asks and hands out; `sharing`: all of it, for one `[shared]`.

Imported only if the configuration has `[shared]`.
"""
