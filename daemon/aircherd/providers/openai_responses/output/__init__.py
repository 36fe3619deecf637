"""The output of a reply while it is received.

- `output`: what the server says about each item, as events; `messages`, `thinking` and `calls` do
  so for items of their kind; `awaited`: what else the client has to answer.
- `items`: which item an event belongs to; `item`: what is known of one; `matching`: how well one
  fits an event; `pairing`: which of them the last event repeats.
- `texts`: what of an item's text was passed on already; `contents`: the texts of whole items.
- `order`: which item the events that are passed on belong to.
"""
