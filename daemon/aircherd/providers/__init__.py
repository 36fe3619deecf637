"""How a chat request reaches a vendor, and how the vendor's answer becomes our events.

What flows in is a `ChatRequest`, a provider and a key; what flows out is batches of `ReplyEvent`,
or one `ProviderFailed` that says what went wrong in our own classes.

- `adapter`: what every vendor's adapter must do: bytes in, events out, no I/O.
- What they share: `turns` (a conversation's messages, their parts sorted), `headers` and
  `request_json` on the way out, `vendor_json` (odd values read sensibly) on the way in.
- `adapters`: the table, API kind -> adapter. A new vendor is one file and one row.
- `openai_chat`, `anthropic_messages`: the adapters, and how requests are put;
  `openai_reply`, `anthropic_reply`: how replies are read.
  `anthropic_prompt`, `_thinking`, `_usage`, `_models`: parts of either that stand alone.
- `openai_prompt` and `openai_reply` are shared by all who speak chat completions, `openrouter` too;
  `openai_calls`, `_thinking`, `_models`, `openrouter_thinking`, `_models`: where servers differ.
- `openai_responses`: OpenAI's other API; `responses_reply` reads its replies, `responses_form` says
  what they look like, `responses_signature` what of them goes back.
- `ollama_chat`: its adapter; `ollama_messages`, `_window`, `_reply`: parts of it that stand alone.
- `sse`: server-sent events, `ndjson`: lines of JSON, both cut anywhere. `reply_stream`: what every
  streamed reply has in common.
- `classify`: what a vendor's error means, by `error_table`, one for all of them; `error_reply`,
  `gemini_details` and `retry_after` read what it looks at, `network_failure` does the same for the
  network, `cures` adds what a person can do about it.
- `signing`: the hook for vendors whose calls are signed or carry tokens that expire.
- `transport` is the only way bytes take to a provider, `transports` has one for each setting of the
  network. What it is made of: `exchange` (what goes in and comes out), `connection_pool`,
  `connection`, `http1` (the parser, no I/O), `reply_body`, `wire` (the socket), `deadlines`,
  `wait_keeper`, `tls`, `proxy`, `out_of_files`.
- `provider_client`: opens chats; `chat_call` is one under way, `call_report` tells how it went.
- `looks`: what is asked beside them, free of charge: is a key good, `model_list`, `download`.
- `api_client`: what both take, from the adapter's call to a failure in words without keys.
- `cooldown_book`: who is cooling down, from those reports and the rules of `routing`;
  `cooldown_places` remembers it, `cooldown_rows` and `cooldown_news` put it into words,
  `cooldown_file` keeps it over a restart, `clocks` is what it is measured with. `recovery` ends it
  early where a free look can tell, `credit` reads one of them; `rate_limits` and `quota_reset` read
  what vendors say is left, and until when.

Only the transport, `chat_call`, `provider_client`, `looks` and what they call with (`api_client`, `signing`,
`download`), `cooldown_file` and `recovery` wait; the rest is plain functions over bytes and
numbers.
"""
