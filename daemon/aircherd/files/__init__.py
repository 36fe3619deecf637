"""Files: atomic writes, private files, and a worker that a hanging disk cannot block.

- `atomic_file`: replace a file in one step; the only code that writes, syncs and renames.
- `private_file`: files that other users must not read or swap, on top of `atomic_file`.
- `file_worker`: file operations in a thread, one at a time, each with a timeout.
- `background_files`: the daemon's own small files, written in the background.
"""
