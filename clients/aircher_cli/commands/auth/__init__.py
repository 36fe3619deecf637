"""`aircher-cli auth`."""
