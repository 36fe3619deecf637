"""`aircher-cli fleet`: the machines that share limits. `usage` is `aircher-cli usage --fleet`."""
