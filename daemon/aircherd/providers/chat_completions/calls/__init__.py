"""The tool calls of a reply.

- `tool_calls`: all calls of a reply, assembled from pieces; `pieces`: what servers send.
- `matching`: which call a piece belongs to.
- `arguments`: the arguments of one call; `argument_text`: the forms in which they are sent;
  `versions`: whether an object is another one again, or a later version of it.
- `extras`: what a call has besides its own fields, and goes back.
"""
