"""OpenRouter: chat completions with its own thinking, cost and model list.

- `adapter`: URLs, headers, the key check and OpenRouter's quirks.
- `models`: the list of models with sizes, capabilities and prices.

The format itself is in `chat_completions`, as is its thinking, `reasoning_details`.
"""
