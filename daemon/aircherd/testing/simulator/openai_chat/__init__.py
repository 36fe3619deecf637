"""The simulated OpenAI Chat Completions API."""
