"""What makes this daemon a machine of a fleet, if the configuration has `[shared]`.

- `switch`: whether it is one, as the configuration says; all that is imported without `[shared]`.
- `member`: one machine of one fleet: its leases, its engine, what people see of it.
"""
