"""`aircher-cli events`: the command, and the history of attempts that it shows."""
