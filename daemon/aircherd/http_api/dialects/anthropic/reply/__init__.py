"""Replies in the form of the Anthropic Messages API.

- `stream`: the events of a stream; `open_block`: the block that is being written; `call`: a call
  whose arguments are still coming.
- `whole`: a reply in one piece.
- `thinking`: thinking, and what else goes back to its model; `sources`: citations; `searches`: what
  a search found; `notes`: what this API cannot show; `counts`: tokens; `ends`: why a reply ended.
- `errors`: errors, whole and in a stream; `model_list`: the models.
"""
