"""Replies of the Responses API for tests."""
