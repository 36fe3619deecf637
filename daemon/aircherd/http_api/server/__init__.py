"""Connections over HTTP, their bounds, and the doors they come through."""
