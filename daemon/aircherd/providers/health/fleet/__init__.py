"""What cools on one machine cools on all machines of its fleet; imported only under `[shared]`.

- `scopes`: what is shared, and the keyed hashes that it is known by.
- `contents`: what is said of it, without names; what arrives is checked.
- `outbox`: what the engine has yet to get, while it is away, too.
- `exchange`: sends and receives. Its docstring says how.
"""
