"""`aircher-cli daemon`."""
