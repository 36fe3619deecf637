"""`aircher-cli ask`."""
