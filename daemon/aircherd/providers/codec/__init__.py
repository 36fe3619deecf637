"""Formats that vendors share: JSON, server-sent events, NDJSON, and turns of a conversation."""
