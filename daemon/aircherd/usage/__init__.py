"""What requests use and cost: estimates, limits, and the ledger of all attempts.

- `ledger/`: every attempt, on the disk. `limits/`: the user's limits, in memory.
- `attempt_list`: attempts one by one, for people; imported when it is asked for, with
  `listed_attempts`, its data.
- `estimate`: the input tokens of a request. `output_estimator`: the likely length of a reply;
  `learned_output`: restores it from the ledger.
- `token_prices`: exact costs in integers. `nano_usd`: money. `time_buckets`: hours and days.

In: attempts as they begin and end (`vocabulary.usage`). Out: sums, never a prompt, reply or key.
"""
