"""OpenRouter: chat completions with its own reasoning, costs and model list."""
