"""The output of a reply while it is received.

- `output`: what the server says about each item, as events.
- `items`: which item an event belongs to; `pairing`: which of them the last event repeats.
- `texts`: what of an item's text was passed on already.
- `calls`: tool calls; `awaited`: what else the client has to answer.
"""
