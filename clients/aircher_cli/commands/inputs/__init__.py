"""Reads the values of options: files, JSON, times."""
