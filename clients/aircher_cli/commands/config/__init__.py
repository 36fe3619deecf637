"""`aircher-cli config`."""
