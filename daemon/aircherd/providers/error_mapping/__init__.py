"""What a vendor's error means: parse it, then the first matching rule decides.

- `classify`: a response or an error object to a `Failure`; start here.
- `rules`: the table, the same for all vendors. To change how an error is treated, edit it.
- `parse`: finds message, codes and status wherever each vendor puts them.
- `key_verdict`: what the error of a key check says about the key.
- `google_details`: the details of a Google error; `delays`: when to come back.
- `quota_words`: how vendors say that money, a plan or a day is used up.
- `network`: errors of the HTTP transport to a `Failure`.
"""
