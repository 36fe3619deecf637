"""Signing in where a command needs it: what would help, and the offer to do it at once."""
