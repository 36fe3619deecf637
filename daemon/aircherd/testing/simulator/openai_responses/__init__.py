"""The simulated OpenAI Responses API."""
