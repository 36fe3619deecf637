"""The counters of `count.py`; they do not depend on the daemon's structure."""
