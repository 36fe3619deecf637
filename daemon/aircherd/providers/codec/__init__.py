"""Formats that vendors share: JSON, server-sent events, NDJSON, and turns of a conversation.

`held` bounds what a reply makes us hold while it is read.
"""
