"""Shared types, and a few pure helpers that every package may use. Nothing here blocks or does I/O.

- `chat`, `parts`: a chat request and its messages. `reply`: the events of a streamed reply.
- `failure`: the classes of provider errors, and the record of one failed call.
- `attempt`: calls made and candidates skipped for a request, and its final result.
- `availability`: cooldowns and limits that block a candidate, and a provider's rate limit headers.
- `keys`: the state of a key. `secret`: a key that cannot be printed or serialised by accident.
- `models`: a model's metadata and prices. `usage`: what an attempt is estimated to use and used.
- `builtin_providers`: the table of built-in providers. `hosts`: which hosts are this machine.
- `suggestions`: "did you mean" for names. `text`: a memory-saving string buffer.
  `validation_messages`: msgspec's validation errors as readable messages.
"""
