"""How a chat request reaches a vendor, and how the vendor's answer becomes our events.

What flows in is a `ChatRequest`, a provider and a key; what flows out is batches of `ReplyEvent`,
or one `ProviderFailed` that says what went wrong in our own classes.

- `adapter`: what every vendor's adapter must do (bytes in, events out, no I/O) and what all share.
- `adapters`: the table, API kind -> adapter. A new vendor is one file and one row.
- `openai_chat`, `anthropic_messages`: the adapters, and how requests are put;
  `openai_reply`, `anthropic_reply`: how replies are read.
- `sse`: server-sent events, cut anywhere. `reply_stream`: what every streamed reply has in common.
- `classify`: what a vendor's error means, one table for all of them; `error_reply` and
  `retry_after` read what the table looks at, `network_failure` does the same for the network.
- `transport` is the only way bytes take to a provider, `transports` has one for each setting of the
  network. What it is made of: `exchange` (what goes in and comes out), `connection_pool`,
  `connection`, `http1` (the parser, no I/O), `reply_body`, `wire` (the socket), `deadlines`,
  `wait_keeper`, `tls`, `proxy`, `out_of_files`.
- `pool`: sends the adapter's call over the transport; `chat_call` is a call under way, `health`
  remembers which providers can be reached.

Only the transport, `chat_call` and `pool` wait; the rest is plain functions over bytes.
"""
