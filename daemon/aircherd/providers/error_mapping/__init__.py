"""What a vendor's error means: parse it, then the first matching rule decides.

- `classify`: a response or an error object to a `Failure`; start here.
- `rules`: the table, the same for all vendors. To change how an error is treated, edit it.
- `parse`: finds message, codes and status wherever each vendor puts them.
- `key_verdict`: what the error of a key check says about the key.
- `google_details`, `retry_after`, `quota_reset`: details, delays and reset times in an error.
- `network`: errors of the HTTP transport to a `Failure`.
"""
