"""`[shared]`: the engine by which several machines share limits, cooldowns and spending.

- `section`: its entries.
- `engine_url`: the URL of the engine.
"""
