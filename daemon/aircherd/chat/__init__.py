"""Carrying out a chat request: the one path every chat takes, whoever asked and however.

- `controller`: what all requests share; `services`: the services that one takes; `caller`: who asks.
- `walk`: one request along its plan: the key, the call, the next candidate; `call`: one call of it.
- `view`: how things stand for it, which its plan asks; `needs`: pure: what it needs of a model.
- `accounting`: its limits and its rows in the ledger; `recall`: what it teaches later ones.
- `explain`: the plan with nobody asked.
- `checks`: pure: what no provider would take.
- `origins`: pure: what goes back to the model that made it, and what to nobody else.
- `reply`: gathers what streamed into the whole message of the final result.
- `outcome`: pure: what to tell a client when nobody could answer or a stream broke off.
"""
