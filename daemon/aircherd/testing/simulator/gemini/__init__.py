"""The simulated gemini API."""
