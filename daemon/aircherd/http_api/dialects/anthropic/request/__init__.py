"""Requests of the Anthropic Messages API, read into ours.

- `reading`: the whole request; `fields`: its fields; `options`: thinking, choices, conversations.
- `blocks`: the content blocks; `unknown`: what is in a request that is not known here.
- `messages`: a conversation; `media`: pictures and documents; `tools`: the tools.
- `forwarding`: the body as a provider of this API gets it.
"""
