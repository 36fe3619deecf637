"""Keys: the only package that holds them. Other packages get one key for one call, or a reason.

From the bottom up:

- `key_format`: what can be a key at all. `secret_process`: run a process whose output is a secret.
- `stores`: the keyring, the private file, and the index of what they hold.
- `variables`: the environment variables, the daemon's and those of `~/.aircher/environment`.
- `command`: run the user's `key_command`.
- `key_sources`: pure; the sources of a provider's keys in order, and what forbids using a key.
- `verification`: pure; what is known about a key, and how each answer changes that.
- `key_cache`: keys read once and kept in memory.
- `status`: pure; rows and messages for people. `importing`: pure; which variables are keys.
- `sign_in`: pure; what to do about missing keys, as data in an error.
- `key_registry`: the current state of all keys, and the `auth` events. `key_verifier`: live checks.
- `stored_keys`: login, logout and import. `key_tester`: live checks of all keys.
- `manager`: `AuthManager`, the interface of this package, which puts its parts together.
- `outside_changes`: which files to watch, and what to read again when they change.

In: the configuration, the environment, a live check of a key (from `providers`, passed by `app`).
Out: an `ApiKey` for one call, rows without secrets, `auth` events.
"""
