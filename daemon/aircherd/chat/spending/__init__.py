"""What calls may cost and did cost, and how requests wait for room under a limit.

- `pricing`: the cost of a call, by the catalog or by the provider's report.
- `expectations`: what a call may use at most, from what earlier ones used.
- `observed_file`: keeps that over a restart.
- `limit_queue`: requests that wait until calls in progress have ended.
"""
