"""Replies of the Anthropic Messages API as events.

- `stream`: a streamed reply; `whole`: one that was not streamed; `schema`: the JSON of both.
- `about`: what a message says about itself; `ending`: how a reply ended.

The blocks of a reply are in `anthropic.blocks`.
"""
