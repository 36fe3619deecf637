"""Notices when files change, however they are saved and whatever links lead to them.

    link_chain    which links and directories lead to a file, and their identities
    content       what a file contains now, or why it cannot be read
    settling      whether a change is over, so that no half-written file is reported
    watched_file  one file: what was last reported, and whether that has changed
    watch_thread  waits for events and rescans, in a thread that a hanging disk may block
    file_watcher  the trio side: paths and callbacks in, calls of the callbacks out

Events are hints only: a file is reported when its content differs from the last report.
"""
