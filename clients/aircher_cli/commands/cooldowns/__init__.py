"""`aircher-cli cooldowns`."""
