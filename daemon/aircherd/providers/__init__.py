"""Calls to providers: a chat request goes out to a vendor, and its reply comes back as our events.

In: a `ChatRequest`, a provider and a key. Out: batches of `ReplyEvent`, or one `ProviderFailed`.

- `client`: the interface for the rest of the daemon. `call_target`: where a chat goes;
  `streaming_call`: one chat under way; `free_calls`: key checks and model lists; `download`: whole
  replies; `api_client`: what all calls share.
- `registry`: API kind -> adapter. `adapter`: what each adapter does; sans-I/O, bytes to events.
- `anthropic`, `gemini`, `ollama`, `openai_chat`, `openai_responses`, `openrouter`: a folder for
  each vendor API. `chat_completions`: the format that several of them share.
- `codec`: what adapters share: SSE, NDJSON, JSON in and out, conversations. `request_fields`,
  `headers`, `model_list`: parts of requests, headers, lists of models.
- `replies`: tells streams, whole replies and errors apart by their bytes.
- `error_mapping`: what a vendor's error means. `hints`: adds what the user can do about it.
- `health`: cooldowns, rate limits and recovery of providers, keys and models.
- `signing`: for vendors whose calls are signed or carry tokens that expire.
- `transport`: the only path for bytes to a provider: HTTP/1.1, TLS, pools, proxies, deadlines.

To add a vendor: a folder and a row in `registry`; see docs/adding-a-provider.md.
"""
