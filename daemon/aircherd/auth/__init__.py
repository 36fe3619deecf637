"""Who holds the keys: this room alone. Everything else gets one key for one call, or a reason.

What lives here, from the bottom up:

- `key_text`: what may be a key at all.
- `private_file`, `child`: careful reading, writing and running, shared by what follows.
- `key_store`: what a place for keys can do; `keyring_store` (over `keyring_child`, a process of its
  own) and `file_store` are such places; `command_source` runs a user's `key_command`.
- `index`: the list of what is stored where and for which origin, without any secret.
- `credentials`: the two stores and the index as one.
- `slots`: pure: which keys a provider has, what they hide, what forbids their use.
- `standing`: pure: what is known about a key, and how an answer changes that.
- `reader`: keys read once and held in memory.
- `status`: pure: rows for people. `importing`: which variables are keys for whom.
- `registry`: the picture of all keys, and the events that tell of it; `checks`: the live check.
- `manager`: `AuthManager`, the one door. Everyone else imports only this.

In: the configuration, the environment, a live check of a key (from `providers`, by `app`).
Out: an `ApiKey` for one call, rows without secrets, `auth` events.
"""
