"""Checks and derived data of a request, before any provider is called: pure."""
