"""`aircher-cli status`: the command, and what it fetches from the daemon."""
