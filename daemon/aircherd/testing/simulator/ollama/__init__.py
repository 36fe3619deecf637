"""The simulated Ollama API."""
