"""The simulated anthropic API."""
