"""Files: private files and directories, and a worker that a hanging disk cannot block.

- `private_file`: files that other users must not read or swap; `aircher_wire.atomic_file` writes.
- `private_directory`: the daemon's directories, closed to other users.
- `data_lock`: one daemon for each data directory, also where no file can be written.
- `file_worker`: file operations in a thread, one at a time, each with a timeout.
- `background_files`: the daemon's own small files, written in the background.
"""
