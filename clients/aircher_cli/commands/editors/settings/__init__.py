"""What each editor and plugin wants in its settings.

Each module has functions that take a `Place` and return a `Block`; `table` lists them all. Their
docstrings name the source of the format and the day on which it was looked up.
"""
