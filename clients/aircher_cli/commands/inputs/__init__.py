"""Values that a command line names: files, JSON, times."""
