"""What several dialects share.

- `reading`: the JSON of a request, with errors that name the field.
- `attached`: data URLs, sound, marks for the cache.
- `writing`: JSON texts and server-sent events as bytes.
- `ids`: names for replies, and tool calls' ids that every API takes.
- `carriers`: what a reply's model needs back, in a form that a client of another API keeps.
- `open_calls`: which call of a conversation an answer belongs to.
- `unsaid`: what a request asks for that our vocabulary has no word for.
"""
