"""`aircher-cli models`."""
