"""`aircher-cli uninstall`: removes what aircher has written, and nothing else.

- `command`: shows what there is, asks, and removes it in an order that a failure does not spoil.
- `own_files`: which files are aircher's, by their names; links are never followed.
- `stored_keys`: which keys are stored, and how the daemon removes them.
- `shell_files`: completion scripts, and the lines in the shell's start files.
- `program`: how the program itself was installed, and the command that removes it.
"""
