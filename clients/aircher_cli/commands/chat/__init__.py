"""`aircher-cli chat`."""
