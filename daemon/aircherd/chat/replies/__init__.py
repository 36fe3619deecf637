"""Collects the events of a streamed reply into the message of the final result.

- `reply`: the reply so far.
- `parts`: the parts of its message, as they grow; `items`: their order where a vendor numbers them.
"""
