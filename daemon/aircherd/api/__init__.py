"""The methods that clients can call, independent of any connection: the table and its handlers.

- `methods`: the table of methods; the entry point. `params`: their parameters.
- `status`, `models`, `usage`, `limit_warnings`: what the handlers return.
- `config`: shows and changes the configuration file. `file_proof`: who may do that.
- `notices`: what every client should know at once. `diagnosis`: what may be wrong, for `doctor`.
- `service_status`: the daemon's state in one line, for a service manager.
- `context`: the context of a request. `services`: the services that handlers use.
- `wire`: structs -> maps for the wire.
"""
