"""The simulated openai_chat API."""
