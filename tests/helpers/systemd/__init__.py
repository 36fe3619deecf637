"""A real `systemd --user` manager for tests; see `manager.py`."""
