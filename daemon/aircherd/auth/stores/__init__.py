"""The stores of keys: the OS keyring, a private file, and the index of what they hold.

- `base`: the contract of a store. `keyring_store` (with `keyring_child`, a separate process) and
  `file_store` implement it.
- `index`: the list of stored keys, without secrets.
- `credential_store`: both stores and the index, combined.
"""
