"""The simulated Anthropic Messages API."""
