"""Plays the transcripts of `tests/protocol` to a client; `tests/protocol/README.md` has the format.

- `transcripts`: reads, completes and compares.
- `player`: the daemon's side of a transcript, in a thread or as a process.
- `cases`: addresses and directories, with the files that they need.
- `python_replay`: the client's side, with `aircher_client`.
"""
