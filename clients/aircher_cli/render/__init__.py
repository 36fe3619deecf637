"""Pure functions from what the daemon answers to lines of text; they print nothing.

- `words`: codes, times and counts as a person would say them.
- `layout`: pieces of text in columns and wrapped, for any width.
- `keys`: rows of `auth.status`.  `daemon`: the answer to `status`.
- `models`: rows of `models.list` as a table.  `model_details`: one of them in full.
- `problems`: what is wrong with a configuration.  `events`: one line per event.
- `advice`: what to do where nobody answers by default.
"""
