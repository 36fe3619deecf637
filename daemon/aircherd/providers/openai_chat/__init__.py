"""OpenAI's chat completions and the servers that speak them."""
