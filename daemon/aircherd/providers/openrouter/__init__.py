"""OpenRouter: chat completions with its own thinking, cost and model list.

- `adapter`: URLs, headers, the key check and OpenRouter's quirks.
- `thinking`: `reasoning_details`, which must go back exactly as they came.
- `models`: the list of models with sizes, capabilities and prices.

The format itself is in `chat_completions`.
"""
