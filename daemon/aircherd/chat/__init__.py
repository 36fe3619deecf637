"""Carrying out a chat request: the one path every chat takes, whoever asked and however.

- `controller`: walks the plan: the key, the call, the events, the next candidate.
- `checks`: pure: what no provider would take.
- `origins`: pure: what goes back to the model that made it, and what to nobody else.
- `reply`: gathers what streamed into the whole message of the final result.
- `outcome`: pure: what to tell a client when nobody could answer or a stream broke off.
"""
