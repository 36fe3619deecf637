"""Decide what becomes of the old values. Pure: nothing here reads or writes a file."""
