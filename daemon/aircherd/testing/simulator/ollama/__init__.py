"""The simulated ollama API."""
