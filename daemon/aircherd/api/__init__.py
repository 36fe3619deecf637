"""The methods that clients can call, independent of any connection: the table and its handlers.

- `methods`: the table of methods; the entry point. `params`: their parameters.
- `status`, `models`, `usage`, `limit_warnings`: what the handlers return.
- `config`: changes the configuration file.
- `context`: the context of a request. `services`: the services that handlers use.
- `wire`: structs -> maps for the wire.
"""
