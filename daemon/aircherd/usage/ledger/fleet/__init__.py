"""What the ledger tells a fleet: which machine it is, and what it used, by the engine's clock.

- `machine`: the lasting id of the ledger. `shared_usage`: recent usage, for shared limits.
- `day_sums`: sums of days in the fleet's time zone; `day_reports`: which of them the engine lacks.

Imported under `[shared]` only.
"""
