"""The simulated openai_responses API."""
