"""The methods that clients can call, independent of any connection: the table and its handlers.

- `methods`: the table of methods; the entry point. `params`: their parameters.
- `status`, `models`, `usage`, `limit_warnings`: what the handlers return.
- `context`: the request that a handler sees. `services`: the daemon's services that it uses.
- `wire`: structs -> maps for the wire.
"""
