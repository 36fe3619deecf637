"""Change the user's file and keep everything else as it is: comments, order, mode, links.

- `key_path`: the name of an entry as the user writes it, such as `providers.work.base_url`.
- `typed_value`: a value as a person types it.
- `entries`: set or remove entries in a text, with `statements`, `lines`, `toml_text` and `data`.
- `file_change`: apply a change to the file: validated first, written atomically.
- `default_model`: the change that `models.use` makes.

This package is the only code that writes the configuration, and the only one that imports tomlkit,
which the daemon does not load until an entry is set.
"""
