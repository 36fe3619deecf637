"""Files: written atomically, privately, and by a worker that a hanging disk cannot block."""
