"""The simulated openrouter API."""
