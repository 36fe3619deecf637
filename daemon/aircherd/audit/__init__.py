"""What was done with keys and with the daemon, and by which client; apart from the debug log.

- `audit_file`: the file: lines of JSON, which are only ever appended, and its rotation.
- `audit_log`: collects lines and writes them in the background.
"""
