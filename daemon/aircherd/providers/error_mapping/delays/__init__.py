"""When a vendor says to come back.

- `retry_after`: headers; `reset_fields`: fields of an error; `time_words`: its sentences.
- `quota_reset`: all that an error says, by these and by its codes.
- `believed_delay`: which of it counts, given what the error means.
- `moments`: reads a time in any format.
"""
