"""The environment variables that keys come from: the daemon's own, and `~/.aircher/environment`.

- `assignments`: pure; the syntax of the file, which is that of systemd's `EnvironmentFile=`.
- `environment_file`: the file, read only if no other user can read it.
- `key_variables`: both combined; the file comes first.
"""
