"""`aircher-cli doctor`: checks everything that may be wrong, and says what to do.

command      the checks in their order, the output and the exit code
finding      one finding, as the daemon sends them, too
runner       runs checks at the same time, each with a deadline: a disk or systemd may hang
daemon       which process listens, and what the daemon itself finds
directories  owner and mode of directories and of files with keys; the disk
service      the installed service
versions     client, daemon and installation; time zones
"""
