"""Who may answer, in which order, and what a failure leaves: pure decisions, no waiting.

- `plan`: a request's wishes and a `view` of how things stand -> the candidates, and who is none.
- `names`: a model name -> its routes; `order`: the strategies; `filters`: who cannot serve now.
- `failures`: what a failed call means for the candidates that are left.
- `cooldowns`: what it cools, and for how long; `probes`: who may go all the same, to find out.

What flows in is frozen, what flows out is a decision; `chat` carries it out. The contract in
pyproject.toml keeps trio, sockets and clocks out of here, so every decision is a table in a test.
"""
