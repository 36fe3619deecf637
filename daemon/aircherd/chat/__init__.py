"""Runs a chat request: every chat takes this path, whatever the client's transport.

- `controller`: the entry point; `services`: what all requests share; `caller`: the client's side.
- `request/`: pure checks and derived data: `validation`, `extra_fields`, `requirements`, `origins`.
- `fallback`: one request through the candidates of its plan; `attempt`: one call to a candidate.
- `first_choice`, `route_cache`: the usual first candidate, without a plan.
- `live_state`: the `RoutingState` of the running daemon; `waiting`: the wait for a candidate.
- `reply`: collects the stream into the final message; `chat_errors`: the errors of failed requests.
- `accounting`: limits and ledger rows.
- `affinity`, `latency`: what later requests use of this one.
- `explain`: the plan without a call.
"""
