"""What a vendor's error means: parse it, then the first matching rule decides.

- `classify`: a response or an error object to a `Failure`; start here.
- `rules`: the table, the same for all vendors. To change how an error is treated, edit it.
- `codes`, `wording`, `quota_words`: the names and sentences that identify an error, by meaning.
- `parse`: reads an error, and says whether a reply is one; `error_objects` finds codes, messages
  and status wherever each vendor puts them.
- `key_verdict`: what the error of a key check says about the key; `refused_key`: what of it is
  shown.
- `google_details`: the details of a Google error; `delays`: when to come back.
- `network`: errors of the HTTP transport to a `Failure`.
"""
