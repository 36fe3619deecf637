"""What the daemons of a fleet share: limits, cooldowns and what each has used.

`base` has the protocol. Everything else is imported only where the configuration has `[shared]`.
"""
