"""TOML: read within bounds, with the line of every entry."""
