"""What each state is, why, and what to do.

`table` has the states in words, `key_state` finds that of one key, `live_states` those of providers
and models.
"""
