"""What `count.py` counts with; nothing here knows how the daemon is built."""
