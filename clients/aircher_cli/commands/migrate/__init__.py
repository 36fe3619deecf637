"""`aircher-cli migrate`: carries over what the earlier aircher, written in Rust, left behind.

    old_files   find and read the old files: config, keys, and what has no counterpart
    plan        pure: old values -> the new configuration, the keys to store, and notes
    steps       carry out the plan as a client of the daemon; back up, remove
    report      what was found, carried over and left, as text and as JSON

Only the daemon writes the configuration and the keys. This package is imported by its command only.
"""
