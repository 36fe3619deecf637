"""The Anthropic Messages API.

- `adapter`: URLs, headers and the key check; calls the modules below. `betas`: the header
  `anthropic-beta`.
- `request`: the body of a chat request; `messages`: the conversation inside it, `content`: its
  parts; `tools`, `schemas`.
- `thinking`: how each generation of models is asked to think, and its thinking in conversations.
- `reply`: streamed and whole replies to events; `blocks`: the content blocks in them; `citations`:
  the sources of a text, in both directions; `usage`: token counts.
- `models`: the list of models.
"""
