"""`aircher-cli providers`."""
